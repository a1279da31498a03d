import { API_PREFIX } from '../../../src/http/dispatch.ts'
import { type ListedRoute, listRoutes } from '../../../src/http/list-routes.ts'
import { ACCOUNT_CASES } from './account-cases.ts'
import { BULK_CASES } from './bulk-cases.ts'
import { ELEMENT_CASES } from './element-cases.ts'
import { EVENT_CASES } from './event-cases.ts'
import { EXECUTION_CASES } from './execution-cases.ts'
import { FORMULA_CASES } from './formula-cases.ts'
import { FORMULA_INSTANCE_CASES } from './formula-instance-cases.ts'
import { FORMULA_START_CASES } from './formula-start-cases.ts'
import { INSTANCE_CASES } from './instance-cases.ts'
import { INTEGRATION_CASES } from './integration-cases.ts'
import { JOB_CASES } from './job-cases.ts'
import { LOG_CASES } from './log-cases.ts'
import { NOTIFICATION_CASES } from './notification-cases.ts'
import { RESOURCE_CASES } from './resource-cases.ts'
import { anyone, type RouteCase, type RouteCases } from './route-case.ts'
import type { Rows } from './rows.ts'
import { VDR_CASES } from './vdr-cases.ts'

/** In the order in which their owner can call all of them with success: reads, writes, deletions from the inside out. */
const CASES: RouteCases = {
  // before the accounts, users and element instances that formulas go with
  ...EXECUTION_CASES,
  ...FORMULA_START_CASES,
  ...INTEGRATION_CASES,
  ...FORMULA_INSTANCE_CASES,
  ...FORMULA_CASES,
  ...VDR_CASES,
  ...RESOURCE_CASES,
  ...INSTANCE_CASES,
  ...ELEMENT_CASES,
  ...ACCOUNT_CASES,
  ...NOTIFICATION_CASES,
  ...LOG_CASES,
  ...EVENT_CASES,
  ...JOB_CASES,
  ...BULK_CASES,
}

/** A registered route and how to call it. */
export interface KnownRoute extends ListedRoute {
  /** `GET /elements/:keyOrId` */
  name: string
  case: RouteCase
}

/**
 * Every route of the API; those of operators are about nobody.
 * @throws Error naming every route without a case, and every case without a route
 */
export async function everyRoute(): Promise<KnownRoute[]> {
  const routes = (await listRoutes()).map((route) => ({ ...route, name: `${route.method} ${below(route.url)}` }))
  const names = new Set(routes.map(({ name }) => name))
  const unknown = routes.filter(({ name, operation }) => operation !== undefined && !CASES[name])
  const stale = Object.keys(CASES).filter((name) => !names.has(name))
  if (unknown.length + stale.length > 0) {
    const list = (lines: string[]) => lines.map((line) => `\n  ${line}`).join('')
    throw new Error(
      `test/support/every-route/*-cases.ts: every route needs a case that says whose row it is about and how to call it.` +
        `\nRoutes without one:${list(unknown.map(({ name }) => name))}\nCases without a route:${list(stale)}`,
    )
  }
  return routes.flatMap((route) => (CASES[route.name] ? [{ ...route, case: CASES[route.name] as RouteCase }] : []))
}

/** What operators and readers of the description ask, outside of the API. */
export async function outerRoutes(): Promise<KnownRoute[]> {
  const routes = (await listRoutes()).filter(({ operation }) => operation === undefined)
  return routes.map((route) => ({ ...route, name: `${route.method} ${route.url}`, case: anyone() }))
}

/** In the order of CASES, with what would take rows away from the others at the end. */
export function inOrder(routes: readonly KnownRoute[]): KnownRoute[] {
  const names = Object.keys(CASES)
  const rank = (route: KnownRoute) =>
    route.case.endsCaller ? 3 : route.method === 'GET' ? 0 : route.method === 'DELETE' ? 2 : 1
  return routes.toSorted((a, b) => rank(a) - rank(b) || names.indexOf(a.name) - names.indexOf(b.name))
}

/** Path with query, from the API prefix on. */
export function pathOf({ url, case: { params, query } }: KnownRoute, rows: Rows): string {
  const path = below(url).replace(/:(\w+)|\*/g, (place, name = '*') => {
    const value = params[name]
    if (value === undefined) throw new Error(`${url}: its case does not say what ${place} is`)
    return fill(value, rows)
  })
  return path + (query === undefined ? '' : `?${fill(query, rows)}`)
}

/** A copy of a body with the rows that it names, as texts; `"{#role}"` becomes a number. */
export function bodyOf({ case: { body } }: KnownRoute, rows: Rows): unknown {
  if (body === undefined) return undefined
  return JSON.parse(fill(JSON.stringify(body).replace(/"\{#(\w+)\}"/g, '{$1}'), rows))
}

/** for names that must not be there yet: `{serial}` */
let serial = 0

function fill(text: string, rows: Rows): string {
  return text.replace(/\{([a-z]\w*)\}/gi, (_place, name) => {
    const value = name === 'serial' ? String(++serial) : rows[name]
    if (value === undefined) throw new Error(`there is no row "${name}" in test/support/every-route/rows.ts`)
    return value
  })
}

function below(url: string): string {
  return url.startsWith(API_PREFIX) ? url.slice(API_PREFIX.length) : url
}
