import { own, type RouteCase, type RouteCases, row } from './route-case.ts'

/** Lists of changes are of what the caller may know; who names an entity of somebody else finds none. */
const AUDIT_LISTS: Readonly<Record<string, string | undefined>> = {
  authentication: undefined,
  elements: '{element}',
  'element-instances': '{instance}',
  formulas: '1',
  'formula-instances': undefined,
  'common-resources': 'contacts',
}

const RANGE = 'from={yesterday}&to={tomorrow}'
/** names the account whose calls are asked for */
const ofAccount = (more = '') => row({}, { query: `accountIds[]={account}&${RANGE}${more}` })
const METRICS = [
  ...['api', 'hub-api', 'bulk-jobs', 'element-instances-created', 'elements-created', 'events', 'formula-executions'],
  ...['formulas-created', 'hubs-created', 'vdrs-created', 'vdrs-invoked'],
]
const INSTANCES = ['element-instances', 'formula-instances']

/** What happened: changes and usage. */
export const LOG_CASES: RouteCases = {
  'GET /audit-logs': own(),
  ...Object.fromEntries(
    Object.entries(AUDIT_LISTS).flatMap(([path, id]): [string, RouteCase][] => [
      [`GET /audit-logs/${path}`, own()],
      ...(id === undefined ? [] : [[`GET /audit-logs/${path}/:id`, own({ params: { id } })] as [string, RouteCase]]),
    ]),
  ),

  'GET /instances/events': own(),
  'GET /instances/events/dispositions': own(),
  'GET /instances/events/:eventId': row({ eventId: '{event}' }),
  'GET /instances/:id/events': row({ id: '{instance}' }),
  'GET /instances/:id/events/:eventId': row({ id: '{instance}', eventId: '{event}' }),
  'GET /instances/events/analytics': ofAccount('&interval=day'),
  'GET /instances/events/analytics/instances': ofAccount('&interval=day'),
  'GET /instances/events/analytics/accounts': ofAccount('&interval=day'),
  'POST /instances/events/:eventId/retry': row({ eventId: '{event}' }),

  'GET /usage': ofAccount(),
  'GET /usage/:id': row({ id: '{request}' }),
  'GET /usage/analytics/activity': ofAccount('&interval=day'),
  'GET /usage/analytics/activity/elements': ofAccount(),
  'GET /usage/analytics/statuses': ofAccount('&interval=day'),
  'GET /usage/analytics/times': ofAccount('&interval=day'),
  ...Object.fromEntries(
    INSTANCES.flatMap((kind) => [
      [`GET /usage/analytics/activity/${kind}`, ofAccount()],
      [`GET /usage/analytics/activity/${kind}/created-count`, ofAccount()],
    ]),
  ),
  ...Object.fromEntries(METRICS.map((name) => [`GET /metrics/${name}`, ofAccount()])),
}
