import { own, type RouteCase, type RouteCases } from './route-case.ts'

/** Lists of changes are of what the caller may know; who names an entity of somebody else finds none. */
const AUDIT_LISTS: Readonly<Record<string, string | undefined>> = {
  authentication: undefined,
  elements: '{element}',
  'element-instances': '{instance}',
  formulas: '1',
  'formula-instances': undefined,
  'common-resources': 'contacts',
}

/** What happened: changes and usage. */
export const LOG_CASES: RouteCases = {
  'GET /audit-logs': own(),
  ...Object.fromEntries(
    Object.entries(AUDIT_LISTS).flatMap(([path, id]): [string, RouteCase][] => [
      [`GET /audit-logs/${path}`, own()],
      ...(id === undefined ? [] : [[`GET /audit-logs/${path}/:id`, own({ params: { id } })] as [string, RouteCase]]),
    ]),
  ),
}
