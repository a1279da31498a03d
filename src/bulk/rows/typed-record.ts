import { ExactNumber } from '../../model/exact-number.ts'
import { isObject } from '../../model/is-object.ts'
import { isTooDeep } from '../../model/json-depth.ts'
import { losesDigits, parseExactly } from './parse-exactly.ts'

const NUMBERS = new Set(['number', 'integer', 'int', 'long', 'float', 'double', 'decimal'])
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/

/**
 * A record of a CSV file, whose values are all texts, with the types that its fields have: where a field is a number, a boolean, a list
 * or an object, a text that is exactly what such a value prints becomes that value. Any other text stays: `007` is no number.
 *
 * @param types by path of the field, as in `address.zip`, `lines[*].qty`; types in any case, lists also as `array[string]`
 */
export function typeRecord(
  record: Readonly<Record<string, unknown>>,
  types: ReadonlyMap<string, string>,
): Record<string, unknown> {
  return typeMembers(record, '', types)
}

function typeMembers(record: Readonly<Record<string, unknown>>, above: string, types: ReadonlyMap<string, string>) {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      typed(value, above === '' ? name : `${above}.${name}`, types),
    ]),
  )
}

function typed(value: unknown, path: string, types: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => typed(item, `${path}[*]`, types))
  if (isObject(value)) return typeMembers(value, path, types)
  const type = types.get(path)
  return typeof value === 'string' && type !== undefined ? typedText(value, type.trim().toLowerCase()) : value
}

function typedText(text: string, type: string): unknown {
  if (NUMBERS.has(type)) return numberOf(text)
  if (type === 'boolean' || type === 'bool') return text === 'true' ? true : text === 'false' ? false : text
  if (type === 'object' || type.startsWith('array')) return structureOf(text)
  return text
}

function numberOf(text: string): unknown {
  const value = Number(text)
  if (String(value) === text) return Number.isFinite(value) ? value : text
  return JSON_NUMBER.test(text) && losesDigits(text, value) ? new ExactNumber(text) : text
}

/** Lists and objects stand in one cell as JSON. */
function structureOf(text: string): unknown {
  if (!/^[[{]/.test(text) || isTooDeep(text)) return text
  try {
    const value = parseExactly(text)
    return JSON.stringify(value) === text ? value : text
  } catch {
    return text // begins like JSON and is none
  }
}
