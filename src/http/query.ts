import { ValenceError } from '../errors.ts'
import { isRowId } from '../model/row-id.ts'

/** A query string as Fastify parses it: repeated names are arrays. */
export type Query = Readonly<Record<string, string | string[]>>

export function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0]
}

/** First value of every name. */
export function singles(query: Query): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, single(value)]))
}

/** `tags[]=a&tags[]=b`, `tags=a`, and a comma list with blanks (spec 00 §9). */
export function listOf(query: Query, name: string): string[] {
  return [query[`${name}[]`] ?? [], query[name] ?? []]
    .flat()
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '')
}

/** `true` in any letter case. */
export function isTrue(value: string | string[] | undefined): boolean {
  return single(value)?.toLowerCase() === 'true'
}

export function isFalse(value: string | string[] | undefined): boolean {
  return single(value)?.toLowerCase() === 'false'
}

/** An id of a path: whole numbers only. Anything else, and what is larger than an id can be, is 0, which nothing has (404, spec 00 §1). */
export function idOf(text: string): number {
  return /^\d+$/.test(text) && isRowId(Number(text)) ? Number(text) : 0
}

/** The same of tables that have more rows than an `integer` can number. */
export function largeIdOf(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : 0
}

/**
 * An id of a query. One that no row can have is 0, which nothing has.
 *
 * @param name of the parameter, for the complaint
 * @throws ValenceError PARAMETER_INVALID for what is no whole number
 */
export function queryId(name: string, text: string): number {
  if (/^-?\d{1,20}$/.test(text)) return isRowId(Number(text)) ? Number(text) : 0
  throw new ValenceError('PARAMETER_INVALID', `${name}: expected a whole number, got "${text}"`)
}

/**
 * A number such as `pageSize`.
 *
 * @returns undefined where it is absent or empty
 * @throws ValenceError PARAMETER_INVALID for what is no whole number from `least`
 */
export function wholeNumber(query: Query, name: string, least: number): number | undefined {
  const text = single(query[name])
  if (text === undefined || text === '') return undefined
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text)
  throw new ValenceError('PARAMETER_INVALID', `${name}: expected a whole number from ${least}, got "${text}"`)
}
