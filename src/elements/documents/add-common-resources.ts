import { createJsonSize } from '../../transform/json-size.ts'
import type { Mapping } from '../../transform/mapping.ts'
import { objectOf } from './add-properties.ts'
import { referenceTo } from './clean-schema.ts'
import { definitionNames } from './definition-names.ts'
import { compare } from './element-api.ts'
import { isSameObject, objectOfPath } from './object-names.ts'
import { responsesWith } from './responses.ts'
import {
  type Api,
  type JsonSchema,
  type Method,
  operationsOf,
  type PathItem,
  type SwaggerOperation,
} from './swagger.ts'

/** What a document shows of a mapping. */
export type DocumentedMapping = Pick<Mapping, 'objectName' | 'vendorName' | 'fields'>

/** Of the generic resources a common resource has these (spec 23 §A7). */
const GENERIC: readonly (readonly [path: string, methods: readonly Method[]])[] = [
  ['/{objectName}', ['get', 'post']],
  ['/{objectName}/{objectId}', ['get', 'patch', 'delete']],
]

/** of all that is added: a thousand common resources may each repeat a thousand operations. What is past it is left out */
const MAX_CHARS = 16 * 1024 * 1024

interface Base {
  /** as the document has it */
  path: string
  method: Method
  operation: SwaggerOperation
  /** with the name of the common resource in the place of the resource's */
  newPath: string
}

/**
 * A document with the paths of its base resources repeated under the names of common resources (spec 23 §A7).
 * What an element calls like one of them makes room: a call of that name is a call of the common resource.
 */
export function* addCommonResources(api: Api, mappings: readonly DocumentedMapping[]): Generator<void, Api> {
  const paths = new Map(Object.entries(api.paths))
  const tags = new Set(api.tags.map(({ name }) => name))
  const added: [string, JsonSchema][] = []
  const size = createJsonSize(MAX_CHARS)
  const shown = definitionNames(mappings.map(({ objectName }) => objectName))
  for (const mapping of mappings) {
    yield
    const bases = basesOf(api, mapping)
    if (bases.length === 0) continue
    const definition = shown.get(mapping.objectName) ?? mapping.objectName
    const schema = objectOf(mapping.fields)
    const operations = bases.map((base) => toOperation(base, mapping.objectName, definition))
    size.add([schema, operations])
    if (size.isPastMax()) break
    added.push([definition, schema])
    tags.add(mapping.objectName)
    for (const [at, { newPath, method }] of bases.entries()) {
      const item: PathItem = { ...paths.get(newPath), [method]: operations[at] }
      paths.set(newPath, item)
    }
  }
  return {
    ...api,
    tags: [...tags].map((name) => ({ name })),
    paths: Object.fromEntries([...paths].toSorted(([a], [b]) => compare(a, b))),
    definitions: { ...api.definitions, ...Object.fromEntries(added) },
  }
}

/** Whether the element of the document has what the mapping stands on. */
export function basesOf(api: Api, { objectName, vendorName }: DocumentedMapping): Base[] {
  const own = [...operationsOf(api)].flatMap(({ path, method, operation }): Base[] => {
    const object = objectOfPath(path)
    if (object === undefined || !isSameObject(object, vendorName)) return []
    return [{ path, method, operation, newPath: renamed(path, objectName) }]
  })
  if (own.length > 0) return own
  return GENERIC.flatMap(([path, methods]) =>
    methods.flatMap((method): Base[] => {
      const operation = api.paths[path]?.[method]
      return operation ? [{ path, method, operation, newPath: renamed(path, objectName) }] : []
    }),
  )
}

/** `/lists/{id}/contacts/{contactId}` → `/lists/{id}/my-contacts/{contactId}`. */
function renamed(path: string, objectName: string): string {
  const segments = path.split('/')
  const isGeneric = segments[1] === '{objectName}'
  const at = isGeneric ? 1 : segments.findLastIndex((segment) => segment !== '' && !segment.startsWith('{'))
  // such a name cannot be called by its path anyway
  return segments.with(at, objectName.replace(/[/{}?#]/g, '-')).join('/')
}

function toOperation({ path, method, operation }: Base, objectName: string, definition: string): SwaggerOperation {
  const record = referenceTo(definition)
  const isList = method === 'get' && !path.endsWith('}')
  const isGenericList = method === 'get' && path === '/{objectName}'
  const answer = isList || isGenericList ? { type: 'array', items: record } : record
  return {
    ...operation,
    operationId: `${operation.operationId}_${objectName}`,
    summary: (operation.summary ?? '').replaceAll('{objectName}', objectName),
    tags: [objectName],
    parameters: operation.parameters
      .filter(
        (parameter) =>
          !(parameter.in === 'path' && parameter.name === 'objectName' && path.startsWith('/{objectName}')),
      )
      .map((parameter) => (parameter.in === 'body' ? { ...parameter, schema: record } : parameter)),
    responses: method === 'delete' ? operation.responses : responsesWith(answer),
  }
}
