import type { Row } from './simulation.ts'

export type Predicate = (row: Row) => boolean

/** What a filter may ask for: the fields of one collection. */
export interface FilterFields {
  /** values of a field, several where it holds a list; undefined when the vendor has no such field */
  reader(name: string): ((row: Row) => unknown[]) | undefined
}

export type Operator = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'contains' | 'startsWith' | 'endsWith' | 'like'

const TESTS: Record<Exclude<Operator, 'ne'>, (value: unknown, wanted: string) => boolean> = {
  eq: (value, wanted) => order(value, wanted) === 0,
  gt: (value, wanted) => order(value, wanted) > 0,
  gte: (value, wanted) => order(value, wanted) >= 0,
  lt: (value, wanted) => order(value, wanted) < 0,
  lte: (value, wanted) => order(value, wanted) <= 0,
  contains: (value, wanted) => lower(value).includes(wanted.toLowerCase()),
  startsWith: (value, wanted) => lower(value).startsWith(wanted.toLowerCase()),
  endsWith: (value, wanted) => lower(value).endsWith(wanted.toLowerCase()),
  like: (value, wanted) => likePattern(wanted).test(String(value)),
}

/**
 * Whether one of a field's values compares so, as filters of vendors do: texts without regard to case, numbers and times by
 * their size. Nothing compares with a value that is missing, except that it differs.
 */
export function compares(operator: Operator, values: readonly unknown[], wanted: string): boolean {
  if (operator === 'ne') return !compares('eq', values, wanted)
  return present(values).some((value) => TESTS[operator](value, wanted))
}

export function present(values: readonly unknown[]): unknown[] {
  return values.filter((value) => value !== null && value !== undefined && value !== '')
}

const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?$/

function order(value: unknown, wanted: string): number {
  const numbers = [Number(value), Number(wanted)]
  if (typeof value !== 'boolean' && wanted.trim() !== '' && numbers.every(Number.isFinite))
    return Math.sign((numbers[0] ?? 0) - (numbers[1] ?? 0))
  if (typeof value === 'string' && DATE.test(value)) {
    // some vendors ask for a time in milliseconds
    const time = /^\d{12,14}$/.test(wanted) ? Number(wanted) : Date.parse(wanted)
    if (Number.isFinite(time)) return Math.sign(Date.parse(value) - time)
  }
  const [left, right] = [lower(value), wanted.toLowerCase()]
  return left === right ? 0 : left < right ? -1 : 1
}

function lower(value: unknown): string {
  return String(value).toLowerCase()
}

/** `%` any text, `_` one character. */
function likePattern(text: string): RegExp {
  const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll(/%+/g, '.*').replaceAll('_', '.')}$`, 'is')
}
