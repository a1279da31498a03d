import Type from 'typebox'
import { pathBelowHub } from '../engine/resource-types.ts'
import type { Element, Resource } from '../model/element.ts'
import { ElementEvents, elementEvents } from './element-events.ts'
import { isPart, type Part, partsOf } from './part-kinds.ts'

/** How much an element is used by whoever asks. */
export interface ElementUsage {
  instanceCount: number
}

/** What is known of the document that is generated from it. */
export interface DocumentFacts {
  /** how much of it had to be mended to be valid */
  repairs: number
}

const open = { additionalProperties: true } as const
const metadata = {
  id: Type.Integer(),
  key: Type.String(),
  name: Type.String(),
  description: Type.String(),
  hub: Type.String(),
  image: Type.Optional(Type.String()),
  active: Type.Boolean(),
  events: ElementEvents,
}

/** What an element says about itself; more of it is what its author wrote. */
export const ElementMetadata = Type.Unsafe<Part>(Type.Object(metadata, { ...open, title: 'ElementMetadata' }))

const supports = Type.Object({ supported: Type.Boolean(), native: Type.Boolean() })

/** The same with `expand=true`. */
export const ExpandedMetadata = Type.Unsafe<Part>(
  Type.Object(
    {
      ...metadata,
      displayOrder: Type.Integer(),
      beta: Type.Boolean(),
      transformations: Type.Boolean(),
      elementType: Type.String({ description: 'Protocol of the vendor: `http`, `soap`, `odata`, …' }),
      normalizedPaging: Type.Boolean(),
      swaggerValidated: Type.Boolean(),
      cloneable: Type.Boolean(),
      extendable: Type.Boolean(),
      authenticationType: Type.String(),
      authenticationTypes: Type.Array(Type.String()),
      eventTypes: Type.Array(Type.String()),
      discovery: Type.Object(
        {
          customFields: Type.Boolean(),
          customObjects: Type.Boolean(),
          endpointCustomFields: Type.Boolean(),
          endpointCustomObjects: Type.Boolean(),
        },
        open,
      ),
      bulk: Type.Object({ upload: Type.Boolean(), download: Type.Boolean() }, open),
      usage: Type.Object({ instanceCount: Type.Integer(), customerCount: Type.Integer(), traffic: Type.Integer() }),
      api: Type.Object({ type: Type.String(), contentType: Type.String() }, open),
      resources: Type.Array(
        Type.Object({
          canonicalName: Type.String(),
          operations: Type.Array(Type.String()),
          events: Type.Object({
            supported: Type.Boolean(),
            methods: Type.Array(Type.String()),
            eventTypes: Type.Array(Type.String()),
          }),
          bulk: Type.Object({ upload: supports, download: supports }),
          customField: Type.Object({
            get: Type.Boolean(),
            create: Type.Boolean(),
            update: Type.Boolean(),
            delete: Type.Boolean(),
          }),
        }),
      ),
    },
    { ...open, title: 'ExpandedElementMetadata' },
  ),
)

/** `GET /elements/{id}/metadata` (spec 10 §2.8), with what an author kept in `elementMetadata`. */
export function toMetadata(element: Element): Part {
  const { id, key, name, description, hub } = element
  const kept = isPart(element['elementMetadata']) ? element['elementMetadata'] : {}
  return {
    ...kept,
    id,
    key,
    name,
    description,
    hub,
    image: element['image'],
    active: element.active ?? true,
    events: elementEvents(element),
  }
}

/** The same with `expand=true`: everything of spec 10 §2.8 that the element itself tells. */
export function toExpandedMetadata(element: Element, { instanceCount, repairs }: ElementUsage & DocumentFacts): Part {
  const metadata = toMetadata(element)
  const kept = (member: string): Part => (isPart(metadata[member]) ? metadata[member] : {})
  const events = metadata['events'] as ElementEvents
  const paths = new Set(element.resources.map(({ method, path }) => `${method} ${pathBelowHub(path)}`))
  const declaresCustomFields = element.resources.some((resource) => customFieldsObject(resource) !== undefined)
  const customFields = declaresCustomFields || namedParts(element).some((object) => object['customFields'] === true)
  return {
    ...metadata,
    displayOrder: typeof metadata['displayOrder'] === 'number' ? metadata['displayOrder'] : 0,
    beta: element['beta'] === true,
    transformations: element['transformationsEnabled'] === true,
    elementType: element.protocolType ?? 'http',
    normalizedPaging: element.resources.some(pages),
    // generated documents are valid: what says so of the element is that none of it had to be mended
    swaggerValidated: repairs === 0,
    cloneable: element['cloneable'] === true,
    extendable: element['extendable'] === true,
    authenticationType: element.authentication.type,
    authenticationTypes: [element.authentication.type],
    eventTypes: events.methods,
    discovery: {
      ...kept('discovery'),
      customFields,
      customObjects: paths.has('GET /{objectName}'),
      endpointCustomFields: declaresCustomFields || paths.has('GET /objects/{objectName}/metadata'),
      endpointCustomObjects: paths.has('GET /objects'),
    },
    bulk: {
      ...kept('bulk'),
      upload: element['bulkUploadEnabled'] === true,
      download: element['bulkDownloadEnabled'] === true,
    },
    usage: { instanceCount, customerCount: instanceCount > 0 ? 1 : 0, traffic: 0 },
    api: {
      type: API_TYPES[element.protocolType ?? 'http'] ?? 'unknown',
      ...kept('api'),
      contentType: contentTypeOf(element),
    },
    resources: resourcesOf(element, events),
  }
}

/** spec 10 §2.8: `rest`, …, `unknown` */
const API_TYPES: Readonly<Record<string, string>> = { http: 'rest', odata: 'odata', soap: 'soap', jdbc: 'database' }

function resourcesOf(element: Element, events: ElementEvents): Part[] {
  const objects = new Map(namedParts(element).map((object) => [object['name'], object]))
  const asked = new Set(element.resources.map(customFieldsObject))
  const groups = Map.groupBy(element.resources.filter(isDocumented), canonicalName)
  groups.delete('')
  return [...groups].map(([name, resources]) => {
    const operations = [...new Set(resources.map(operationOf))]
    const object = objects.get(name) ?? {}
    const hasCustomFields = object['customFields'] === true || asked.has(name)
    const customField = (operation: string) => hasCustomFields && operations.includes(operation)
    return {
      canonicalName: name,
      operations,
      events: eventsOf(name, events),
      bulk: {
        upload: { supported: object['bulkUploadEnabled'] === true, native: object['nativeBulkUpload'] === true },
        download: { supported: object['bulkDownloadEnabled'] === true, native: object['nativeBulkDownload'] === true },
      },
      customField: {
        get: customField('GET'),
        create: customField('POST'),
        update: customField('PATCH') || customField('PUT'),
        delete: customField('DELETE'),
      },
    }
  })
}

function eventsOf(name: string, { polling, webhook }: ElementEvents): Part {
  const methods = [
    ...(Object.hasOwn(polling, name) ? ['polling'] : []),
    ...(Object.hasOwn(webhook, name) ? ['webhook'] : []),
  ]
  const eventTypes = [...(polling[name]?.eventTypes ?? []), ...(webhook[name]?.eventTypes ?? [])]
  return { supported: methods.length > 0, methods, eventTypes: methods.length > 0 ? [...new Set(eventTypes)] : [] }
}

/** Objects and models, by whichever the element describes its data. */
function namedParts(element: Element): Part[] {
  return [...partsOf(element, { member: 'models' }), ...partsOf(element, { member: 'objects' })]
}

/** The object whose custom fields a resource lists; undefined for every other resource. */
function customFieldsObject(resource: Resource): unknown {
  const declared = resource['customFields']
  return isPart(declared) ? declared['object'] : undefined
}

function isDocumented({ type }: Resource): boolean {
  return (type ?? 'api') === 'api'
}

/** First segment of the path below the hub; none for `/{objectName}`. */
function canonicalName({ path }: Resource): string {
  const [, first = ''] = pathBelowHub(path).split('/')
  return first.startsWith('{') ? '' : first
}

/** In the words of model fields (spec 11 §8.3): a read of one record is `GET_BY_ID`. */
function operationOf({ method, path }: Resource): string {
  return method === 'GET' && path.endsWith('}') ? 'GET_BY_ID' : method
}

function pages({ parameters = [] }: Resource): boolean {
  return parameters.some(({ type, name }) => type === 'query' && ['page', 'pageSize', 'nextPage'].includes(name))
}

function contentTypeOf(element: Element): string {
  const header = element.parameters.find(
    ({ type, vendorType, vendorName }) =>
      type === 'value' && vendorType === 'header' && /^content-type$/i.test(vendorName),
  )
  return header?.name ?? 'application/json'
}
