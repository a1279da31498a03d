import { rootSteps, valueAt } from './root-path.ts'

/** Values that a template may name, e.g. `{ row, type, count }`. */
export type Facts = Record<string, unknown>
export type Render = (facts: Facts) => unknown

/**
 * Compiles a JSON template. A text that is exactly `$name` becomes the fact of that name (its member is left out when the
 * fact is undefined), `$name.member[*].member` what it holds there; `${name}` inside a text becomes its text. Everything else stays.
 */
export function compileTemplate(template: unknown): Render {
  if (typeof template === 'string') return compileText(template)
  if (Array.isArray(template)) {
    const items = template.map(compileTemplate)
    return (facts) => items.map((item) => item(facts)).filter((value) => value !== undefined)
  }
  if (typeof template === 'object' && template !== null) {
    const members = Object.entries(template).map(([name, value]) => [name, compileTemplate(value)] as const)
    return (facts) => {
      const result: Record<string, unknown> = {}
      for (const [name, member] of members) {
        const value = member(facts)
        if (value !== undefined) result[name] = value
      }
      return result
    }
  }
  return () => template
}

function compileText(text: string): Render {
  const [, whole, path] = /^\$(\w+)((?:\.[\w[\]*]+)*)$/.exec(text) ?? []
  if (whole !== undefined && !path) return (facts) => facts[whole]
  if (whole !== undefined && path) {
    const steps = rootSteps(path.slice(1))
    return (facts) => valueAt(facts[whole], steps)
  }
  if (!text.includes('${')) return () => text
  return (facts) => text.replace(/\$\{(\w+)\}/g, (_, name: string) => String(facts[name] ?? ''))
}
