import { toXmlFragment } from './body/write-xml.ts'

/**
 * Names in braces that the templates of a resource may carry (spec 11 §3.3 `bodyToken`, §3.9 `{where}`): only what is
 * declared is a token, other braces are ordinary JSON.
 */
export interface Tokens {
  names: ReadonlySet<string>
  /** Puts values in; a token without one stays as it is, for hooks to see. */
  fill(template: string, values: Readonly<Record<string, unknown>>): string
  /** Takes out what is still unfilled after the hooks (spec 11 §3.10 step 9). */
  clear(text: string): string
}

export function compileTokens(declared: Iterable<string>): Tokens {
  const names = new Set(declared)
  if (names.size === 0) return { names, fill: (template) => template, clear: (text) => text }
  const pattern = new RegExp(`\\{(${[...names].map(escapePattern).join('|')})\\}`, 'g')
  return {
    names,
    fill(template, values) {
      const write = writerFor(template)
      return template.replace(pattern, (token, name: string) => {
        const value = Object.hasOwn(values, name) ? values[name] : undefined
        return value === undefined || value === null ? token : write(value)
      })
    },
    clear: (text) => text.replace(pattern, ''),
  }
}

/** Text goes into XML and JSON as their text, so that no value ends the place it stands in; a body goes in whole. */
function writerFor(template: string): (value: unknown) => string {
  const first = template.trimStart()[0]
  if (first === '<') return (value) => (typeof value === 'string' ? escapeXml(value) : toXmlFragment(value))
  if (first === '{' || first === '[') {
    return (value) => (typeof value === 'string' ? JSON.stringify(value).slice(1, -1) : JSON.stringify(value))
  }
  return (value) => (typeof value === 'string' ? value : JSON.stringify(value))
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
