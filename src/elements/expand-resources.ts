import type { Hook, Parameter, Resource } from '../model/element.ts'
import { requestName, resourceModel } from './expand-models.ts'
import {
  type Manifest,
  type ManifestCustomFields,
  type ManifestEnvelope,
  type ManifestResource,
  type Operation,
  pathVariables,
} from './manifest.ts'

/** Platform verb of each operation, and whether it acts on one item (spec 11 §4.1, 12 §1.1). */
const OPERATION = {
  list: { method: 'GET', onItem: false, hasBody: false, says: (noun: string) => `Find ${noun}` },
  create: { method: 'POST', onItem: false, hasBody: true, says: (noun: string) => `Create one of the ${noun}` },
  get: { method: 'GET', onItem: true, hasBody: false, says: (noun: string) => `Get one of the ${noun}` },
  update: {
    method: 'PATCH',
    onItem: true,
    hasBody: true,
    says: (noun: string) => `Change members of one of the ${noun}`,
  },
  replace: { method: 'PUT', onItem: true, hasBody: true, says: (noun: string) => `Replace one of the ${noun}` },
  delete: { method: 'DELETE', onItem: true, hasBody: false, says: (noun: string) => `Delete one of the ${noun}` },
} as const satisfies Record<Operation, unknown>

/** `paging` of the manifest → `paginationType` (spec 11 §5.2). */
const PAGINATION_TYPE = { vendor: undefined, platform: 'VENDOR_NOT_SUPPORTED', none: 'NO_PAGINATION' } as const

/**
 * Expands `resources` and appends `raw.resources`.
 *
 * @returns resources without ids, paths in the stored form `/hubs/<hub>/…`
 */
export function expandResources(manifest: Manifest): Resource[] {
  const expanded = Object.entries(manifest.resources ?? {}).flatMap(([path, entry]) =>
    entry.operations.map((operation) => expandOperation(manifest, path, entry, operation)),
  )
  return [
    ...expanded,
    ...Object.entries(manifest.customFields ?? {}).map((entry) => expandCustomFields(manifest, ...entry)),
    ...(manifest.raw?.resources ?? []).map((resource) => completeRaw(manifest, resource as Resource)),
  ]
}

function expandOperation(manifest: Manifest, path: string, entry: ManifestResource, operation: Operation): Resource {
  const { method, onItem, hasBody, says } = OPERATION[operation]
  const item = onItem && !entry.singleton ? `/{${entry.item ?? 'id'}}` : ''
  const platformPath = path + item
  const model = entry.model
  const rootKey = rootKeyOf({ ...manifest.envelope, ...entry.envelope }, operation, hasBody)
  const requestFormat = entry.requestFormat ?? manifest.requestFormat ?? 'json'
  const paginationType = operation === 'list' ? PAGINATION_TYPE[entry.paging ?? 'vendor'] : undefined
  const pages = operation === 'list' && paginationType === undefined
  const nextPageKey = pages ? (entry.nextPageKey ?? manifest.pagination?.nextPageKey) : undefined
  const hasMoreKey = pages ? (entry.hasMoreKey ?? manifest.pagination?.hasMoreKey) : undefined
  const searchResource = operation === 'list' ? entry.searchResource : undefined
  const resource: Resource = {
    method,
    path: `/hubs/${manifest.hub}${platformPath}`,
    vendorMethod: entry.vendorMethods?.[operation] ?? manifest.vendorMethods?.[operation] ?? method,
    vendorPath: (entry.vendorPath ?? path) + item + (manifest.trailingSlash ? '/' : ''),
    type: 'api',
    kind: 'eb',
    ...(rootKey === undefined ? {} : { rootKey }),
    ...(nextPageKey ? { nextPageKey } : {}),
    ...(hasMoreKey ? { hasMoreKey } : {}),
    ...(entry.vendorObjectName === undefined ? {} : { vendorObjectName: entry.vendorObjectName }),
    ...(searchResource === undefined ? {} : { searchResource: `GET:/hubs/${manifest.hub}${searchResource}` }),
    ...(paginationType === undefined ? {} : { paginationType }),
    description: entry.description ?? says(nounOf(path)),
    parameters: [
      ...pathVariables(platformPath).map((name) => parameter('path', name, 'path', name, { required: true })),
      ...(operation === 'list' ? listParameters(manifest, entry, pages) : []),
      ...(hasBody ? [bodyParameter(model, operation, requestFormat)] : []),
      ...fixedParameters(entry, operation, requestFormat),
      ...parentParameters(manifest, entry, operation, requestFormat),
    ],
    hooks: [],
    response: { contentType: 'application/json' },
    ...(model === undefined || operation === 'delete'
      ? {}
      : { model: resourceModel(manifest.models ?? {}, model, operation) }),
    ...entry.overrides?.[operation],
  }
  return { ...resource, hooks: completeHooks(resource.hooks ?? []) }
}

/** A list of definitions that discovery reads; callers find it, documents do not show it. */
function expandCustomFields(manifest: Manifest, object: string, entry: ManifestCustomFields): Resource {
  const { vendorPath, envelope, paging, fixed, ...declaration } = entry
  const list = {
    operations: ['list' as const],
    vendorPath,
    where: false,
    sort: false,
    description: `Find definitions of custom fields of ${nounOf(`/${object}`)}`,
    ...(envelope ? { envelope } : {}),
    ...(paging ? { paging } : {}),
    ...(fixed ? { fixed } : {}),
  }
  const resource = expandOperation(manifest, `/objects/${object}/custom-fields`, list, 'list')
  return { ...resource, type: 'apiNoDocumentation', customFields: { object, ...declaration } }
}

/** `requestRoot|responseRoot` (spec 11 §4.4); the answer to a delete is not looked into. */
function rootKeyOf(envelope: ManifestEnvelope, operation: Operation, hasBody: boolean): string | undefined {
  if (operation === 'delete') return undefined
  const request = hasBody ? (envelope.request ?? '') : ''
  const response = (operation === 'list' ? envelope.list : envelope.item) ?? ''
  return request === '' && response === '' ? undefined : `${request}|${response}`
}

/** Builder defaults of a list (spec 11 §4.1), then what the vendor can do beyond them. */
function listParameters(manifest: Manifest, entry: ManifestResource, pages: boolean): Parameter[] {
  const pagination = manifest.pagination && { ...manifest.pagination, ...entry.pagination }
  const integer = { dataType: 'integer', vendorDataType: 'integer' }
  const rows: Parameter[] = []
  const query = (name: string, vendorName: string | undefined, more: Partial<Parameter> = {}) => {
    if (vendorName) rows.push(parameter('query', name, 'query', vendorName, more))
  }
  if (pages) {
    query('page', pagination?.pageParameter, { ...integer, description: 'number of the page, from 1' })
    query('pageSize', pagination?.pageSizeParameter, { ...integer, description: 'records in a page' })
    query('nextPage', pagination?.nextPageParameter, {
      description: 'token of the next page, from the previous answer',
    })
  }
  rows.push(...whereParameters(entry))
  if (entry.sort !== false) {
    const converter = pagination?.sortConverter
    query('orderBy', pagination?.sortParameter, {
      ...(converter === undefined ? {} : { converter }),
      description: converter
        ? 'fields to sort by, separated by commas; `desc` after a blank turns the order around'
        : 'field to sort by, in the vendor’s notation',
    })
  }
  query('fields', pagination?.fieldsParameter, { description: 'comma list of the fields to return' })
  for (const [name, vendorName] of Object.entries(entry.query ?? {})) query(name, vendorName)
  return rows
}

/** A converter may be named; without a name every condition is a parameter. A list that is searched elsewhere only shows it. */
function whereParameters({ where = true, filters, searchResource }: ManifestResource): Parameter[] {
  const vendorFilters = filters ? ` The vendor filters by ${filters.join(', ')}.` : ''
  if (searchResource !== undefined) {
    const description = `CEQL expression; with one, ${searchResource} answers.${vendorFilters}`
    return [parameter('query', 'where', 'no-op', 'no-op', { description })]
  }
  if (where === false) return []
  if (where !== true) {
    const { converter, parameter: name = `converter:${where.converter}` } = where
    const description = `CEQL expression, translated into the vendor’s own filter.${vendorFilters}`
    // `{where}`: the token of a template takes the text
    const place = /^\{.+\}$/.test(name) ? 'no-op' : 'query'
    return [parameter('query', 'where', place, name, { converter, description })]
  }
  const description = `CEQL expression; every condition becomes a query parameter of the vendor.${vendorFilters}`
  const converter = 'toQueryParameters'
  return [parameter('query', 'where', 'query', `converter:${converter}`, { converter, description })]
}

/** A form has members of members in brackets, `address[city]`. */
function bodyParameter(model: string | undefined, operation: Operation, format: 'json' | 'form'): Parameter {
  const dataType = (model === undefined ? undefined : requestName(model, operation)) ?? 'object'
  const form = format === 'form' ? { converter: 'toBrackets' } : {}
  return parameter('body', 'body', format === 'form' ? 'form' : 'body', 'body', {
    ...form,
    dataType,
    vendorDataType: dataType,
    required: true,
  })
}

/** Values the vendor always gets: the query of lists, the body of creations, headers of every operation. */
function fixedParameters({ fixed = {} }: ManifestResource, operation: Operation, format: 'json' | 'form'): Parameter[] {
  const rows = (values: Record<string, string | number | boolean> | undefined, vendorType: string) =>
    Object.entries(values ?? {}).map(([vendorName, value]) => {
      const dataType = Number.isInteger(value) ? 'integer' : typeof value
      return parameter('value', String(value), vendorType, vendorName, { dataType, vendorDataType: dataType })
    })
  return [
    ...(operation === 'list' ? rows(fixed.query, 'query') : []),
    ...(operation === 'create' ? rows(fixed.body, format === 'form' ? 'form' : 'bodyField') : []),
    ...rows(fixed.headers, 'header'),
  ]
}

/** Where the record above is no part of the vendor's path: it filters lists and is a member of what is created, typed as there. */
function parentParameters(
  manifest: Manifest,
  { parents = {}, model }: ManifestResource,
  operation: Operation,
  format: 'json' | 'form',
): Parameter[] {
  const place = { list: 'query', create: format === 'form' ? 'form' : 'bodyField' }[operation as string]
  if (place === undefined) return []
  const fields = manifest.models?.[model ?? ''] ?? {}
  return Object.entries(parents).map(([name, vendorName]) => {
    const field = fields[vendorName]
    const type = /^(integer|number)\b/.exec(typeof field === 'string' ? field : (field?.type ?? ''))?.[1] ?? 'string'
    return parameter('path', name, place, vendorName, { vendorDataType: type })
  })
}

/** One row with the members that every exported row has (spec 11 §3.1). */
export function parameter(
  type: string,
  name: string,
  vendorType: string,
  vendorName: string,
  more: Partial<Parameter> = {},
): Parameter {
  return {
    name,
    vendorName,
    type,
    vendorType,
    dataType: 'string',
    vendorDataType: 'string',
    source: 'request',
    required: false,
    ...more,
  }
}

/** A resource in wire form gets the defaults that `POST /elements` gives it (spec 10 §2.4, 11 §4.1). */
function completeRaw({ hub, models = {} }: Manifest, raw: Resource): Resource {
  const model = rawModel(raw, models)
  return {
    vendorMethod: raw.method,
    type: 'api',
    kind: 'eb',
    response: { contentType: 'application/json' },
    ...raw,
    ...(model === undefined ? {} : { model }),
    path: raw.path.startsWith('/hubs/') ? raw.path : `/hubs/${hub}${raw.path}`,
    parameters: (raw.parameters ?? []).map(completeParameter),
    hooks: completeHooks(raw.hooks ?? []),
  }
}

function completeParameter(row: Parameter): Parameter {
  const dataType = row.dataType ?? 'string'
  return { source: 'request', required: false, dataType, vendorDataType: dataType, ...row }
}

/** What answers: the name of a model, `[name]` for a list of them, `file`, or the members of `model` as they are. */
function rawModel(raw: Resource, models: NonNullable<Manifest['models']>): Resource['model'] {
  const named: unknown = raw.model
  if (typeof named !== 'string') return undefined
  if (named === 'file') return { name: 'content', swagger: { content: { type: 'file' } } }
  const list = /^\[(.*)\]$/.exec(named)?.[1]
  return resourceModel(models, list ?? named, list === undefined ? 'get' : 'list')
}

/** Hooks in wire form with the defaults of spec 11 §6.1. */
export function completeHooks(hooks: readonly Hook[]): Hook[] {
  return hooks.map((hook) => ({ isLegacy: false, mimeType: 'application/javascript', ...hook }))
}

function nounOf(path: string): string {
  const words = path.split('/').filter((segment) => segment !== '' && !segment.startsWith('{'))
  return (words.at(-1) ?? 'records').replaceAll(/[-_]/g, ' ')
}
