import type { FilterFields } from './condition.ts'
import type { Row } from './simulation.ts'
import type { Fields } from './vendor-fields.ts'

/**
 * The fields that filters of a collection may name: its own in any case, members of objects by dotted paths, lists by
 * their items, and the vendor's other words for them.
 * @param aliases word in filters → path in the row, `emails[*].email`
 */
export function filterFields(fields: Fields, aliases: Record<string, string> = {}): FilterFields {
  const names = new Map([...fields.keys()].map((name) => [name.toLowerCase(), name]))
  return {
    reader(name) {
      const path = Object.hasOwn(aliases, name) ? (aliases[name] ?? name) : name
      const [first = '', ...rest] = path.replaceAll('[*]', '').split('.')
      const own = names.get(first.toLowerCase())
      return own === undefined ? undefined : (row) => valuesAt(row, [own, ...rest])
    },
  }
}

function valuesAt(value: unknown, steps: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, steps))
  const [step, ...rest] = steps
  if (step === undefined) return [value]
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return []
  return valuesAt((value as Row)[step], rest)
}
