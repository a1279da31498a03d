import { ExactNumber } from '../../model/exact-number.ts'

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown

/** What a number that a double may not hold looks like from afar: many digits in a row, or an exponent. */
const LONG_NUMBER = /[\d.]{16}|\d[eE][-+]?\d/

/**
 * A JSON text as its value, its numbers exact: those that a double cannot hold are an `ExactNumber`.
 * @throws SyntaxError
 */
export function parseExactly(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text)
  return parseWithSource(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && losesDigits(source, value) ? new ExactNumber(source) : value,
  )
}

/** Doubles tell any 15 digits apart; of longer numbers those are kept that print themselves. */
const SAFE_DIGITS = 15
const SMALLEST_EXACT = 2.3e-308

/** Whether a JSON number would be another one after `JSON.parse`; with more digits than needed it counts as one, too. */
export function losesDigits(source: string, value: number): boolean {
  if (source.length <= SAFE_DIGITS && !/[eE]/.test(source)) return false
  if (String(value) === source) return false
  const exponentAt = source.search(/[eE]/)
  const digits = source
    .slice(0, exponentAt < 0 ? undefined : exponentAt)
    .replaceAll(/[-.]/g, '')
    .replace(/^0+/, '')
  if (digits === '') return false
  return digits.length > SAFE_DIGITS || !Number.isFinite(value) || Math.abs(value) < SMALLEST_EXACT
}
