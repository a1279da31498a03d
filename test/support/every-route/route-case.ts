/**
 * How to call one route so that it really reaches a row of somebody: the walls between tenants and the fuzzing of requests both begin
 * with it. A route without a case fails those suites.
 */
export interface RouteCase {
  /**
   * What the route is about:
   * - `row`: one that the path, the query or the Element token names. Nobody else may reach it
   * - `own`: whatever belongs to the caller; anybody else gets the same of theirs
   * - `anyone`: the same for everybody, signed in or not
   */
  about: 'row' | 'own' | 'anyone'
  /** of each path parameter, the name of a row (`rows.ts`); `{element}` and the like are filled in as well */
  params: Readonly<Record<string, string>>
  /** rows may be named as in `params` */
  query?: string
  /** one that succeeds; texts may name rows */
  body?: unknown
  /** the Element token of the first instance is sent along */
  element?: boolean
  /** what its owner is answered; 200 unless given */
  status?: number
  /** it starts a worker of its own, which takes a second or two */
  slow?: boolean
  /** the secrets or tokens that the caller used are worthless after it */
  endsCaller?: boolean
}

export type RouteCases = Readonly<Record<string, RouteCase>>

type Details = Omit<RouteCase, 'about' | 'params'>
type Open = Details & { params?: Record<string, string> }

/** A route about a row; `params` as in RouteCase. */
export function row(params: Record<string, string> = {}, details: Details = {}): RouteCase {
  return { about: 'row', params, ...details }
}

export function own(details: Open = {}): RouteCase {
  return { about: 'own', params: {}, ...details }
}

export function anyone(details: Open = {}): RouteCase {
  return { about: 'anyone', params: {}, ...details }
}
