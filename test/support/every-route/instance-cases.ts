import { own, type RouteCases, row } from './route-case.ts'

const id = { id: '{instance}' }
const below = { keyOrId: 'base', id: '{instance}' }
const RENAMED = { name: 'Renamed' }
/** what a simulated vendor takes without a consent: nothing is called before the first resource call */
const PROVISIONED = {
  name: 'Provisioned',
  element: { id: '{element}' },
  configuration: { 'base.url': 'https://api.almanac.example/v1' },
}
const { element: _element, ...WITHOUT_ELEMENT } = PROVISIONED
const byToken = (details = {}) => row({}, { element: true, ...details })
const contact = '43'
const operation = { operationId: 'getContacts' }

/** Routes of instances and calls through them. Deletions come last, each of an instance of its own. */
export const INSTANCE_CASES: RouteCases = {
  'GET /instances': own(),
  'GET /instances/count': own(),
  'POST /instances': row({}, { body: PROVISIONED }),
  'GET /instances/:id': row(id),
  'PUT /instances/:id': row(id, { body: RENAMED }),
  'PATCH /instances/:id': row(id, { body: RENAMED }),
  'PUT /instances/:id/enabled': row(id),
  'PUT /instances/:id/trace-logging': row(id, { body: { duration: 5 } }),
  'DELETE /instances/:id/trace-logging': row(id),
  'GET /instances/:id/configuration': row(id),
  'GET /instances/:id/configuration/:rowId': row({ ...id, rowId: '{row}' }),
  'PATCH /instances/:id/configuration/:rowId': row({ ...id, rowId: '{row}' }, { body: { propertyValue: '5' } }),
  'GET /instances/:id/docs': row(id),
  'GET /instances/:id/docs/:operationId': row({ ...id, ...operation }),
  'GET /instances/:id/docs/:operationId/definitions': row({ ...id, ...operation }),
  'GET /instances/event-poller-records': byToken(),
  'GET /instances/docs': byToken(),
  'GET /instances/docs/:operationId': row(operation, { element: true }),
  'GET /instances/docs/:operationId/definitions': row(operation, { element: true }),
  'GET /objects/:objectName/docs': row({ objectName: 'contacts' }, { element: true }),
  'GET /hubs/:hub/objects/:objectName/docs': row({ hub: 'crm', objectName: 'contacts' }, { element: true }),
  'PUT /instances': byToken({ body: RENAMED }),
  'PATCH /instances': byToken({ body: RENAMED }),
  'PUT /instances/enabled': byToken(),
  'PUT /instances/trace-logging': byToken({ body: { duration: 5 } }),
  'DELETE /instances/trace-logging': byToken(),
  'GET /instances/configuration': byToken(),
  'GET /instances/configuration/:rowId': row({ rowId: '{row}' }, { element: true }),
  'PATCH /instances/configuration/:rowId': row({ rowId: '{row}' }, { element: true, body: { propertyValue: '5' } }),
  'GET /elements/:keyOrId/instances': own({ params: { keyOrId: 'base' } }),
  'POST /elements/:keyOrId/instances': row({ keyOrId: '{element}' }, { body: WITHOUT_ELEMENT }),
  'GET /elements/:keyOrId/trace/:traceId': row({ keyOrId: 'base', traceId: '{trace}' }),
  'GET /elements/:keyOrId/instances/:id': row(below),
  'PUT /elements/:keyOrId/instances/:id': row(below, { body: RENAMED }),
  'PATCH /elements/:keyOrId/instances/:id': row(below, { body: RENAMED }),

  'GET /hubs/:hub/*': row({ hub: 'crm', '*': 'contacts' }, { element: true }),
  'POST /hubs/:hub/*': row({ hub: 'crm', '*': 'contacts' }, { element: true, body: { last_name: 'Written' } }),
  'PATCH /hubs/:hub/*': row({ hub: 'crm', '*': `contacts/${contact}` }, { element: true, body: { title: 'x' } }),
  'PUT /hubs/:hub/*': row({ hub: 'crm', '*': `contacts/${contact}` }, { element: true, body: { title: 'x' } }),
  'GET /*': row({ '*': 'contacts' }, { element: true }),
  'POST /*': row({ '*': 'contacts' }, { element: true, body: { last_name: 'Written' } }),
  'PATCH /*': row({ '*': `contacts/${contact}` }, { element: true, body: { title: 'x' } }),
  'PUT /*': row({ '*': `contacts/${contact}` }, { element: true, body: { title: 'x' } }),
  'DELETE /hubs/:hub/*': row({ hub: 'crm', '*': `contacts/${contact}` }, { element: true }),
  'DELETE /*': row({ '*': 'contacts/33' }, { element: true }),

  'DELETE /instances/:id/enabled': row(id),
  'DELETE /instances/enabled': byToken(),
  'DELETE /instances/:id': row({ id: '{secondInstance}' }),
  'DELETE /elements/:keyOrId/instances/:id': row({ keyOrId: 'base', id: '{thirdInstance}' }),
  'DELETE /instances': byToken(),
}
