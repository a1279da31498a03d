import { isObject } from '../model/is-object.ts'
import { ownValue } from '../model/own-value.ts'

type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'exists'
type Scalar = string | number | boolean | null

/** What an element of a list must satisfy: `id=4`, or one side of an `&&` in `?(@.flags.on==true && @.id<9)`. */
export interface Condition {
  path: readonly string[]
  operator: Operator
  value: Scalar
}

const FILTER = /^\?\s*\((.*)\)$/s
const EQUALS = /==?/
const OPERATOR = /===?|!==?|<=|>=|<|>/
/** Signs between comparisons, as far as they are not in quotes. */
const AND = /&&(?=(?:[^'"]|'[^']*'|"[^"]*")*$)/
const OR = /\|\|(?=(?:[^'"]|'[^']*'|"[^"]*")*$)/

/**
 * What stands in brackets beside a star and a number (spec 20 §9.2).
 * @returns undefined when it is no condition
 */
export function parseConditions(text: string): Condition[] | undefined {
  const filter = FILTER.exec(text)
  if (!filter) {
    const [name, value] = splitAt(EQUALS, text)
    return name && value && !/[!<>?'"]/.test(name) ? [equality(name, value)] : undefined
  }
  const [, inner = ''] = filter
  if (OR.test(inner)) return undefined
  const conditions = inner.split(AND).map(comparison)
  return conditions.every((condition) => condition !== undefined) ? conditions : undefined
}

/** Numbers, booleans and their texts are the same: vendors do not agree on which of them an id is. */
export function satisfies(element: unknown, conditions: readonly Condition[]): boolean {
  return conditions.every(({ path, operator, value }) => {
    let found = element
    for (const name of path) found = isObject(found) ? ownValue(found, name) : undefined
    return holds(found, operator, value)
  })
}

/**
 * An element that satisfies the conditions and holds nothing else, to be added where none is found.
 * @returns undefined unless all of them say what something equals
 */
export function elementFor(conditions: readonly Condition[]): Record<string, unknown> | undefined {
  const element: Record<string, unknown> = {}
  for (const { path, operator, value } of conditions) {
    if (operator !== '==' || path.length === 0) return undefined
    let held = element
    for (const name of path.slice(0, -1)) {
      const known = ownValue(held, name)
      const inner = isObject(known) ? known : {}
      held[name] = inner
      held = inner
    }
    held[path.at(-1) as string] = value
  }
  return element
}

function comparison(text: string): Condition | undefined {
  if (!text.trim().startsWith('@.')) return undefined
  const [left, right, operator] = splitAt(OPERATOR, text)
  const path = namesOf(left.replace('@.', ''))
  if (path.length === 0) return undefined
  if (!operator) return { path, operator: 'exists', value: null }
  if (!right) return undefined
  const isStrict = operator === '===' || operator === '!=='
  return { path, operator: (isStrict ? operator.slice(0, 2) : operator) as Operator, value: literal(right) }
}

function equality(name: string, value: string): Condition {
  return { path: namesOf(name), operator: '==', value: literal(value) }
}

/** What stands before and after the first match, and the match; the match is '' when there is none. */
function splitAt(pattern: RegExp, text: string): [before: string, after: string, found: string] {
  const found = pattern.exec(text)
  if (!found) return [text.trim(), '', '']
  return [text.slice(0, found.index).trim(), text.slice(found.index + found[0].length).trim(), found[0]]
}

function namesOf(path: string): string[] {
  return path.trim().split('.').filter(Boolean)
}

function literal(text: string): Scalar {
  const trimmed = text.trim()
  const quoted = /^(['"])(.*)\1$/s.exec(trimmed)
  if (quoted) return quoted[2] as string
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true'
  if (trimmed === 'null') return null
  return String(Number(trimmed)) === trimmed && Number.isFinite(Number(trimmed)) ? Number(trimmed) : trimmed
}

function holds(found: unknown, operator: Operator, value: Scalar): boolean {
  if (operator === 'exists') return found !== undefined && found !== null && found !== false
  if (operator === '==') return isSame(found, value)
  if (operator === '!=') return !isSame(found, value)
  if (found === undefined || found === null || value === null || typeof found === 'object') return false
  const order = compare(found as Scalar, value)
  if (operator === '<') return order < 0
  if (operator === '<=') return order <= 0
  return operator === '>' ? order > 0 : order >= 0
}

function isSame(found: unknown, value: Scalar): boolean {
  if (found === undefined || found === null || value === null) return (found ?? null) === value
  return typeof found !== 'object' && String(found) === String(value)
}

/** NaN, which no comparison holds for, when numbers are compared with what is none. */
function compare(a: Scalar, b: Scalar): number {
  if (typeof b === 'string') return String(a) < b ? -1 : String(a) > b ? 1 : 0
  return Number(a) - Number(b)
}
