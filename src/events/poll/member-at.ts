import { isObject } from '../../model/is-object.ts'
import { ownValue } from '../../model/own-value.ts'
import { type Path, parsePath } from '../../transform/path.ts'

/**
 * A member of a record by a dotted path: `customer.id`, `lines[0].sku`; `@.@id` has the record itself in front (spec 40 §7.3). Of a list
 * without an index, its first element.
 */
export function memberAt(record: unknown, path: Path): unknown {
  let value = record
  for (const step of path.steps) {
    if (step.kind === 'match') return undefined
    if (step.kind === 'key' && Array.isArray(value)) value = value[0]
    if (step.kind === 'at') value = Array.isArray(value) ? value[step.index] : undefined
    else if (step.kind === 'each') value = Array.isArray(value) ? value[0] : undefined
    else value = isObject(value) ? ownValue(value, step.name) : undefined
    if (value === undefined || value === null) return undefined
  }
  return value
}

/** @returns a reader of ids: text, or undefined where the record has none */
export function idReader(field: string): (record: unknown) => string | undefined {
  const text = field.trim().replace(/^[@$]\./, '')
  const path = text ? parsePath(text) : undefined
  return (record) => {
    const value = isObject(record) && text ? (ownValue(record, text) ?? (path && memberAt(record, path))) : undefined
    if (typeof value === 'string') return value === '' ? undefined : value
    return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
      ? String(value)
      : undefined
  }
}
