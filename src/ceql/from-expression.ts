import { isObject } from '../model/is-object.ts'
import { type Condition, isGroup, type Value, type Where } from './ast.ts'

/**
 * The way back from what scripts see of a where-expression (`expression.ts`) to a tree. Rows do not tell how they are
 * joined: as many rows as `before` has conditions take their places in it, otherwise all of them must hold.
 *
 * @param rows `[{attribute, operator, value}]` as a script left it; what is no such row is left out
 * @returns undefined when no row is left: no where
 */
export function fromExpression(rows: readonly unknown[], before: Where | undefined): Where | undefined {
  const places = before === undefined ? [] : placesOf(before)
  const conditions = rows.map((row, at) => conditionOf(row, places[at])).filter((row) => row !== undefined)
  if (before !== undefined && conditions.length === places.length) return refill(before, conditions.values())
  return conditions.length > 1 ? { kind: 'and', terms: conditions } : conditions[0]
}

function placesOf(where: Where): Condition[] {
  return isGroup(where) ? where.terms.flatMap(placesOf) : [where]
}

function refill(where: Where, conditions: Iterator<Condition>): Where {
  if (isGroup(where)) return { ...where, terms: where.terms.map((term) => refill(term, conditions)) }
  return conditions.next().value as Condition
}

function conditionOf(row: unknown, before: Condition | undefined): Condition | undefined {
  if (!isObject(row) || typeof row['attribute'] !== 'string' || row['attribute'] === '') return undefined
  const { attribute } = row
  const operator = String(row['operator'] ?? '=')
    .trim()
    .toUpperCase()
    .replace(/\s+/g, ' ')
  const known = before === undefined ? [] : valuesOf(before)
  const values = [row['value'] ?? ''].flat().map((value, at) => typedValue(value, known[at]))
  switch (operator) {
    case 'IS NULL':
    case 'IS NOT NULL':
      return { kind: 'nullTest', attribute, operator }
    case 'IN':
    case 'NOT IN':
      return values.length > 0 ? { kind: 'membership', attribute, operator, values } : undefined
    case '=':
    case '!=':
    case '<':
    case '>':
    case '<=':
    case '>=':
    case 'LIKE':
    case 'NOT LIKE':
      return { kind: 'comparison', attribute, operator, value: values[0] ?? { text: '', type: 'text' } }
    case '<>':
      return { kind: 'comparison', attribute, operator: '!=', value: values[0] ?? { text: '', type: 'text' } }
    default:
      return undefined
  }
}

function valuesOf(condition: Condition): Value[] {
  switch (condition.kind) {
    case 'comparison':
      return [condition.value]
    case 'membership':
      return condition.values
    case 'nullTest':
      return []
  }
}

/** A text that the script left as it was keeps its type: the caller wrote it without quotes. */
function typedValue(value: unknown, before: Value | undefined): Value {
  if (typeof value === 'number' && Number.isFinite(value)) return { text: String(value), type: 'number' }
  if (typeof value === 'boolean') return { text: String(value), type: 'boolean' }
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text === before?.text ? before : { text, type: 'text' }
}
