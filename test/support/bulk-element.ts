import { expectOk } from './expect-answer.ts'
import type { TestHub } from './hub.ts'

/**
 * A private element for tests of bulk jobs, whose vendor is `bulk-vendor.ts`: custom authentication, so that provisioning asks nobody,
 * and collections of rows. `companies` are changed by PUT, `notes` can be read only.
 */
export interface BulkElement {
  key: string
  /** of the vendor */
  baseUrl: string
  /** default values by configuration key, over those of this element */
  defaults?: Record<string, string>
  /** settings of objects, by name */
  objects?: Record<string, Record<string, unknown>>
  /** further resources, which go first */
  resources?: Record<string, unknown>[]
  /** hooks of a resource, by `METHOD /collection` */
  hooks?: Record<string, { type: string; body: string }[]>
}

/** `PATCH` or `PUT` is what rows are changed with; undefined: they cannot be written at all. */
const COLLECTIONS = {
  contacts: 'PATCH',
  accounts: 'PATCH',
  companies: 'PUT',
  notes: undefined,
  locked: 'PATCH',
} as const

/** The element.json, as `POST /elements` takes it. */
export function bulkElement(given: BulkElement) {
  const { key, baseUrl, defaults = {}, objects = {}, resources = [], hooks = {} } = given
  const values = { 'pagination.type': 'page', 'pagination.max': '100', 'base.url': baseUrl, ...defaults }
  return {
    key,
    name: key,
    description: 'Rows by the hundred, for tests of bulk jobs',
    hub: 'crm',
    authentication: { type: 'custom' },
    configuration: [
      ...Object.entries(values).map(([key, defaultValue]) => ({ ...row(key), defaultValue })),
      row('event.notification.signature.key'),
    ],
    parameters: [],
    hooks: [],
    objects: Object.entries(objects).map(([name, settings]) => ({ name, ...settings })),
    resources: [
      ...resources,
      ...Object.entries(COLLECTIONS).flatMap(([name, change]) =>
        resourcesOf(name, change).map((one) => ({ ...one, hooks: hooks[`${one.method} ${one.vendorPath}`] ?? [] })),
      ),
    ],
  }
}

function row(key: string) {
  return { name: key, key, type: 'TEXTFIELD_1000', required: false }
}

const query = (name: string, vendorName = name) => ({ name, vendorName, type: 'query', vendorType: 'query' })
const body = { name: 'body', vendorName: 'body', type: 'body', vendorType: 'body', required: true }
const id = { name: 'id', vendorName: 'id', type: 'path', vendorType: 'path', required: true }

/**
 * The vendor gets `where` as it stands in `filter`, `orderBy` in `sort`, the page in `page` and its size in `per_page`, `fromDate` of a
 * list and `listId` of a new row under their names.
 */
function resourcesOf(collection: string, change: 'PATCH' | 'PUT' | undefined) {
  const resource = (method: string, path: string, parameters: object[]) => ({
    method,
    path: `/hubs/crm/${collection}${path}`,
    vendorMethod: method,
    vendorPath: `/${collection}${path}`,
    type: 'api',
    parameters,
  })
  const paging = [query('page'), query('pageSize', 'per_page')]
  const reads = [
    resource('GET', '', [query('where', 'filter'), query('orderBy', 'sort'), query('fromDate'), ...paging]),
    resource('GET', '/{id}', [id]),
  ]
  if (!change) return reads
  return [
    ...reads,
    resource('POST', '', [body, query('listId')]),
    resource(change, '/{id}', [id, body]),
    resource('DELETE', '/{id}', [id]),
  ]
}

/** @returns the key */
export async function postBulkElement(hub: TestHub, given: BulkElement): Promise<string> {
  return expectOk(await hub.call('POST', '/elements', { body: bulkElement(given) })).body.key
}

/** The common resource `my-partner` of the organization: contacts of one element under other names, nothing else. */
export async function mapPartners(hub: TestHub, elementKey: string, objectName = 'my-partner'): Promise<void> {
  const fields = [
    { type: 'string', path: 'code', vendorPath: 'id' },
    { type: 'string', path: 'title', vendorPath: 'name' },
    { type: 'string', path: 'mail', vendorPath: 'email' },
    { type: 'string', path: 'site.city', vendorPath: 'address.city' },
    { type: 'string', path: 'changed', vendorPath: 'updated' },
  ]
  const definition = { fields: fields.map(({ type, path }) => ({ type, path })) }
  const known = await hub.call('POST', `/organizations/objects/${objectName}/definitions`, { body: definition })
  if (known.status !== 409) expectOk(known)
  const configuration = [{ type: 'passThrough', properties: { fromVendor: false, toVendor: false } }]
  const transformation = { vendorName: 'contacts', configuration, fields }
  expectOk(
    await hub.call('POST', `/organizations/elements/${elementKey}/transformations/${objectName}`, {
      body: transformation,
    }),
  )
}
