import { own, type RouteCases, row } from './route-case.ts'

const element = true
const QUERY = { query: "select * from contacts where name = 'nobody' limit 1" }
const DOWNLOAD = { objectName: 'contacts', format: 'application/json', limit: 1 }
const WORKFLOW = [{ ...QUERY, targetConfiguration: { token: '{secondToken}', objectName: 'contacts' } }]
const job = { id: '{bulkJob}' }
const file = { ...job, objectName: 'contacts' }

const ROOTS: readonly { root: string; at: Record<string, string>; open: string }[] = [
  { root: '/bulk', at: {}, open: '{openBulkJob}' },
  { root: '/hubs/:hub/bulk', at: { hub: 'crm' }, open: '{secondOpenBulkJob}' },
]

/** Of many records at once, by both paths that each call has (spec 22). */
export const BULK_CASES: RouteCases = {
  'GET /bulkloader': own(),
  ...Object.fromEntries(
    ROOTS.flatMap(({ root, at, open }) => [
      [`GET ${root}/jobs`, row(at, { element })],
      [`GET ${root}/:id/status`, row({ ...at, ...job }, { element })],
      [`GET ${root}/:id/errors`, row({ ...at, ...job }, { element })],
      [`GET ${root}/:id/:objectName`, row({ ...at, ...file }, { element })],
      [`GET ${root}/:id/:objectName/data`, row({ ...at, ...file }, { element })],
      [`PUT ${root}/:id/cancel`, row({ ...at, id: open }, { element })],
      [`POST ${root}/query`, row(at, { element, body: QUERY })],
      [`POST ${root}/download`, row(at, { element, body: DOWNLOAD })],
      [`POST ${root}/workflows`, row(at, { element, body: WORKFLOW })],
      [
        `POST ${root}/workflows/fileUpload/:objectName`,
        row({ ...at, objectName: 'contacts' }, { element, body: [{}] }),
      ],
      [
        `POST ${root}/:objectName`,
        row({ ...at, objectName: 'contacts' }, { element, body: [{ last_name: 'written' }] }),
      ],
    ]),
  ),
}
