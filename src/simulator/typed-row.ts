import type { Row } from './simulation.ts'
import type { Fields } from './vendor-fields.ts'

/** Texts of a form as the vendor reads them: by the type of each field. What does not fit stays a text, and is refused as such. */
export function typedRow(row: Row, fields: Fields): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typed(value, fields.get(name)?.type)]))
}

function typed(value: unknown, type: string | undefined): unknown {
  if (typeof value !== 'string') return value
  if (value === '' && type !== 'string' && type !== undefined) return null
  if ((type === 'integer' || type === 'number') && Number.isFinite(Number(value))) return Number(value)
  if (type === 'boolean' && /^(true|false)$/.test(value)) return value === 'true'
  return value
}
