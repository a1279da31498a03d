import { createHash } from 'node:crypto'
import type { Configuration } from '../model/instance.ts'

/**
 * Templates of `value` parameters: `${configuration.key}`, `${key}`, `CE.b64(…)` (spec 11 §3.5).
 * The template is taken apart before values are put in, so a value that contains `)` or `CE.` changes nothing.
 * A missing key becomes the empty string; `{token}` is left for `bodyToken` parameters.
 */
export type ValueTemplate = (configuration: Configuration) => string

/** One-argument helpers of the `CE` library that make sense in a template (spec 11 §6.6). */
const HELPERS: Record<string, (text: string) => string> = {
  b64: (text) => Buffer.from(text, 'utf8').toString('base64'),
  decode64: (text) => Buffer.from(text, 'base64').toString('utf8'),
  md5: (text) => createHash('md5').update(text).digest('hex'),
}

const SPECIAL = /\$\{([^}]+)\}|CE\.(\w+)\(/g

export function compileValueTemplate(text: string): ValueTemplate {
  const parts = partsOf(text)
  const [only] = parts
  if (only === undefined) return () => ''
  if (parts.length === 1) return only
  return (configuration) => parts.map((part) => part(configuration)).join('')
}

function partsOf(text: string): ValueTemplate[] {
  const parts: ValueTemplate[] = []
  let at = 0
  SPECIAL.lastIndex = 0
  for (let found = SPECIAL.exec(text); found; found = SPECIAL.exec(text)) {
    const [matched, key, helperName] = found
    let end = found.index + matched.length
    let part: ValueTemplate | undefined
    if (key !== undefined) part = configurationValue(key)
    const helper = helperName !== undefined && Object.hasOwn(HELPERS, helperName) ? HELPERS[helperName] : undefined
    if (helper) {
      const close = closingParenthesis(text, end)
      if (close >= 0) {
        const argument = compileValueTemplate(text.slice(end, close))
        part = (configuration) => helper(argument(configuration))
        end = close + 1
      }
    }
    if (!part) continue
    if (found.index > at) parts.push(literal(text.slice(at, found.index)))
    parts.push(part)
    at = end
    // the recursion above moved the shared expression
    SPECIAL.lastIndex = end
  }
  if (at < text.length) parts.push(literal(text.slice(at)))
  return parts
}

function literal(text: string): ValueTemplate {
  return () => text
}

function configurationValue(key: string): ValueTemplate {
  const name = key.replace(/^configuration\./, '')
  return (configuration) => configuration[name] ?? ''
}

function closingParenthesis(text: string, from: number): number {
  let depth = 1
  for (let at = from; at < text.length; at++) {
    if (text[at] === '(') depth++
    if (text[at] === ')' && --depth === 0) return at
  }
  return -1
}
