import type { Element, Resource, ResourceModel } from '../../model/element.ts'
import { isObject } from '../../model/is-object.ts'
import { cleanSchema, referredName, type SchemaScope, schemaOfType } from './clean-schema.ts'
import { definitionNames } from './definition-names.ts'
import { uniqueIds } from './operation-id.ts'
import { operationParameters } from './operation-parameters.ts'
import { responsesWith } from './responses.ts'
import { bulkOperations, type Draft, standardDefinitions, standardOperations, tagOf } from './standard-content.ts'
import { type Api, type JsonSchema, METHODS, type Method, type SwaggerOperation } from './swagger.ts'

/** Types of resources that callers are told of (spec 11 §4.3). */
const DOCUMENTED = new Set(['api', 'formulaAsResource'])
const MAX_REPAIRS = 100

/**
 * The document of an element: its documented resources and what every element answers beside them (spec 23 §A2–A5).
 * Any element that can be stored gives a valid one: what cannot be said as it stands is mended and listed.
 *
 * A generator, because large elements take longer than one turn of the event loop may: see `in-slices.ts`.
 */
export function* elementApi(element: Element): Generator<void, Api> {
  const repairs: string[] = []
  const repair = (text: string) => {
    if (repairs.length < MAX_REPAIRS) repairs.push(text)
  }
  const resources = element.resources.filter(isDocumented).flatMap((resource) => readable(resource, repair))
  const { schemas, arrays } = collect(element, resources)
  const names = definitionNames(schemas.keys())
  const scope: SchemaScope = { names, arrays, repair }
  for (const [name, shown] of names) if (name !== shown) repair(`definition "${name}" is called "${shown}"`)

  const definitions = new Map<string, JsonSchema>()
  for (const [name, schema] of schemas) {
    definitions.set(names.get(name) ?? name, definitionOf(name, schema, scope))
    yield
  }
  openCircles(definitions, repair)

  const takesFields = element.configuration.some(
    ({ key, defaultValue }) => key === 'allow.select.fields' && String(defaultValue) === 'true',
  )
  const own: Draft[] = []
  const brings = new Map<string, readonly string[]>()
  for (const resource of resources) {
    own.push(toDraft(resource, scope, takesFields))
    brings.set(callOf(resource), broughtBy(resource, names))
    yield
  }
  return {
    info: {
      title: element.key,
      version: 'api-v2',
      'x-element-id': element.id,
      'x-element-key': element.key,
      'x-element-name': element.name,
      'x-element-hub': element.hub,
    },
    ...assemble(withStandard(own, [...standardOperations({ takesFields }), ...bulkOperations(element)])),
    definitions: Object.fromEntries([...definitions].toSorted(([a], [b]) => compare(a, b))),
    repairs,
    brings,
  }
}

export function callOf({ method, path }: { method: string; path: string }): string {
  return `${method} ${path}`
}

/** As the document names them; roots of type array are no definitions. */
function broughtBy({ resource }: DocumentedResource, names: ReadonlyMap<string, string>): string[] {
  const { swagger, requestSwagger } = modelOf(resource)
  return [swagger, requestSwagger].flatMap((map) =>
    isObject(map) ? Object.keys(map).flatMap((name) => names.get(name) ?? []) : [],
  )
}

/** Of an element, with paths as documents show them. */
export function documentedResources(element: Element): DocumentedResource[] {
  return element.resources.filter(isDocumented).flatMap((resource) => readable(resource, () => undefined))
}

export interface DocumentedResource {
  method: Method
  /** without `/hubs/{hub}` */
  path: string
  resource: Resource
}

function isDocumented({ type }: Resource): boolean {
  return DOCUMENTED.has(type ?? 'api')
}

/** `/hubs/crm/contacts/` → `/contacts`. */
function documentedPath(path: string): string {
  const below = `/${path}`.replace(/^\/+(?:hubs\/[^/]+(?=\/|$))?/, '/').replace(/\/{2,}/g, '/')
  return below.length > 1 ? below.replace(/\/$/, '') : below
}

function readable(resource: Resource, repair: (text: string) => void): DocumentedResource[] {
  const method = String(resource.method).toLowerCase() as Method
  const path = documentedPath(String(resource.path))
  if (METHODS.includes(method)) return [{ method, path, resource }]
  repair(`${resource.method} ${path}: no method of HTTP`)
  return []
}

/** Schemas of all models by name, later ones in place of earlier ones; roots of type array apart (spec 23 §A5). */
function collect(element: Element, resources: readonly DocumentedResource[]) {
  const schemas = new Map<string, unknown>(Object.entries(standardDefinitions(element)))
  const arrays = new Map<string, unknown>()
  for (const { resource } of resources) {
    const { swagger, name, requestSwagger, requestName } = modelOf(resource)
    for (const [map, root] of [
      [swagger, name],
      [requestSwagger, requestName],
    ] as const)
      for (const [key, schema] of Object.entries(isObject(map) ? map : {}))
        if (key === root && isArray(schema)) arrays.set(key, schema)
        else schemas.set(key, schema)
  }
  return { schemas, arrays }
}

/** Older models have no type; they describe objects (spec 23 §A5). */
function definitionOf(name: string, schema: unknown, scope: SchemaScope): JsonSchema {
  const clean = cleanSchema(schema, name, scope)
  return isObject(schema) && 'id' in schema && clean['type'] === undefined && clean['$ref'] === undefined
    ? { type: 'object', ...clean }
    : clean
}

/** A definition that is nothing but a reference must lead somewhere in the end. */
function openCircles(definitions: Map<string, JsonSchema>, repair: (text: string) => void): void {
  const settled = new Set<string>()
  for (const name of definitions.keys()) {
    const passed = new Set<string>()
    let at: string | undefined = name
    while (at !== undefined && !settled.has(at) && !passed.has(at)) {
      passed.add(at)
      at = referredName(definitions.get(at) ?? {})
    }
    if (at !== undefined && passed.has(at)) {
      repair(`${at}: it refers to itself and says nothing`)
      definitions.set(at, { type: 'object' })
    }
    for (const one of passed) settled.add(one)
  }
}

function toDraft({ method, path, resource }: DocumentedResource, scope: SchemaScope, takesFields: boolean): Draft {
  const { parameters, consumes } = operationParameters(resource, path, scope, { takesFields })
  const fileTypes = fileTypesOf(resource)
  const answer = fileTypes ? { type: 'file' } : answerSchema(method, resource, scope)
  return {
    method,
    path,
    operation: {
      summary: typeof resource.description === 'string' ? resource.description : '',
      tags: [tagOf(path)],
      parameters,
      responses: responsesWith(answer),
      ...(consumes ? { consumes } : {}),
      ...(fileTypes ? { produces: fileTypes } : {}),
    },
  }
}

/** What a success answers (spec 23 §A5, "Models"). */
function answerSchema(method: Method, resource: Resource, scope: SchemaScope): JsonSchema | undefined {
  const { name, swagger } = modelOf(resource)
  if (method === 'delete' || name === undefined) return undefined
  const at = `answer of ${resource.method} ${resource.path}`
  const root = isObject(swagger) && Object.hasOwn(swagger, name) ? swagger[name] : undefined
  if (root !== undefined) return isArray(root) ? listOfItems(root, at, scope) : schemaOfType(name, at, scope)
  // without a root a list is meant, unless the name means something elsewhere
  const item = `${name}Object`
  if (isObject(swagger) && Object.hasOwn(swagger, item)) return { type: 'array', items: schemaOfType(item, at, scope) }
  if (scope.names.has(name) || scope.arrays.has(name)) return schemaOfType(name, at, scope)
  return undefined
}

function listOfItems(root: Record<string, unknown>, at: string, scope: SchemaScope): JsonSchema {
  const { type, items } = cleanSchema({ type: 'array', items: root['items'] }, at, scope)
  return { type, items }
}

function modelOf({ model }: Resource): ResourceModel {
  if (!isObject(model)) return {}
  const { name, swagger } = model as ResourceModel
  // some models are a schema where definitions by name should be
  const isSchema = name !== undefined && isObject(swagger) && typeof swagger['type'] === 'string'
  return isSchema ? ({ ...model, swagger: { [name]: swagger } } as ResourceModel) : (model as ResourceModel)
}

function isArray(schema: unknown): schema is Record<string, unknown> {
  return isObject(schema) && schema['type'] === 'array'
}

/** Answers that are no records; undefined: they are. */
function fileTypesOf({ response }: Resource): string[] | undefined {
  const type = typeof response?.contentType === 'string' ? response.contentType.split(';')[0]?.trim().toLowerCase() : ''
  return type && /^(?:image|audio|video)\/[\w.+-]+$|^application\/(?:octet-stream|pdf|zip)$|^text\/csv$/.test(type)
    ? [type]
    : undefined
}

/** The first of two with one method and path answers; a standard one goes for any own one of its shape (spec 23 §A5). */
function withStandard(own: readonly Draft[], standard: readonly Draft[]): Draft[] {
  const standards = new Map(standard.map((draft) => [shapeOf(draft), draft]))
  const calls = new Map(own.toReversed().map((draft) => [`${draft.method} ${draft.path}`, draft]))
  const shapes = new Set(own.map(shapeOf))
  return [
    ...[...calls.values()].map((draft) => withAnswerOf(standards.get(shapeOf(draft)), draft)),
    ...standard.filter((draft) => !shapes.has(shapeOf(draft))),
  ]
}

/** What `/ping`, `/objects` and their like answer is known, also where the element calls a vendor for it and says nothing. */
function withAnswerOf(standard: Draft | undefined, draft: Draft): Draft {
  const { schema } = standard?.operation.responses['200'] ?? {}
  if (schema === undefined || draft.path.startsWith('/{') || draft.operation.responses['200']?.schema) return draft
  return { ...draft, operation: { ...draft.operation, responses: responsesWith(schema) } }
}

/** Without the names of variables, which mean nothing to whoever is asked. */
function shapeOf({ method, path }: Draft): string {
  return `${method} ${path.replace(/\{[^}]*\}/g, '{}')}`
}

/** Drafts with their ids, by path, and the tags that they have. */
export function assemble(drafts: readonly Draft[]): Pick<Api, 'tags' | 'paths'> {
  const sorted = drafts.toSorted(
    (a, b) => compare(a.path, b.path) || METHODS.indexOf(a.method) - METHODS.indexOf(b.method),
  )
  const ids = uniqueIds(sorted)
  const paths = new Map<string, Partial<Record<Method, SwaggerOperation>>>()
  sorted.forEach(({ method, path, operation }, at) => {
    const { summary, ...rest } = operation
    const item = paths.get(path) ?? {}
    item[method] = { operationId: ids[at] ?? '', summary: summary ?? '', ...rest } as SwaggerOperation
    paths.set(path, item)
  })
  const tags = [...new Set(sorted.flatMap(({ operation }) => operation.tags))]
  return { tags: tags.map((name) => ({ name })), paths: Object.fromEntries(paths) }
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
