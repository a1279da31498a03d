import type { Parameter, Resource } from '../../model/element.ts'
import { namedType, type SchemaScope, schemaOfType } from './clean-schema.ts'
import type { JsonSchema, SwaggerParameter } from './swagger.ts'

export const AUTHORIZATION: SwaggerParameter = {
  name: 'Authorization',
  in: 'header',
  description:
    'Who calls, and for which instance: `User <user secret>, Organization <organization secret>, Element <token>`',
  type: 'string',
  required: true,
}

export const NEXT_PAGE: SwaggerParameter = {
  name: 'nextPage',
  in: 'query',
  description: 'The `Elements-Next-Page-Token` of the previous page',
  type: 'string',
  required: false,
}

export const FIELDS: SwaggerParameter = {
  name: 'fields',
  in: 'query',
  description: 'Members of records to answer, as a comma list',
  type: 'string',
  required: false,
}

/** Places of values that a caller sends (spec 23 §A4); all others come from somewhere else. */
const PLACES: Readonly<Record<string, SwaggerParameter['in']>> = {
  query: 'query',
  path: 'path',
  header: 'header',
  body: 'body',
  multipart: 'formData',
  form: 'formData',
}

export interface ParametersOf {
  parameters: SwaggerParameter[]
  /** what a form is sent as; undefined without one */
  consumes: readonly string[] | undefined
}

/**
 * What a caller of a resource may send, `Authorization` first (spec 23 §A4).
 * @param path as the document shows it
 * @param takesFields the platform picks members of list answers itself (`allow.select.fields`)
 */
export function operationParameters(
  resource: Resource,
  path: string,
  scope: SchemaScope,
  { takesFields }: { takesFields: boolean },
): ParametersOf {
  const at = `${resource.method} ${path}`
  const inPath = new Set([...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name))
  const sent = (resource.parameters ?? []).filter(isSent)
  const shown = new Map<string, SwaggerParameter>()
  const add = (parameter: SwaggerParameter) => {
    const key = parameter.in === 'body' ? 'body' : `${parameter.in} ${parameter.name}`
    if (!shown.has(key)) shown.set(key, parameter)
    else if (parameter.in === 'body') scope.repair(`${at}: more than one body`)
  }
  add(AUTHORIZATION)
  for (const parameter of sent) {
    if (parameter.name === 'page' && parameter.type !== 'path') continue
    const place = placeOf(parameter, inPath)
    if (place === 'path' && !inPath.has(parameter.name)) scope.repair(`${at}: no {${parameter.name}} in the path`)
    else if (place !== undefined) add(toParameter(parameter, place, resource, at, scope))
  }
  // a variable that no parameter speaks of is filled by its name (spec 11 §3.10, 4)
  for (const name of inPath) add({ name, in: 'path', type: 'string', required: true })
  if (sent.some(({ name, type }) => name === 'page' && type !== 'path')) add(NEXT_PAGE)
  if (takesFields && isListGet(resource, path)) add(FIELDS)
  const isForm = [...shown.values()].some((parameter) => parameter.in === 'formData')
  const body = shown.get('body')
  if (isForm && body) {
    scope.repair(`${at}: a form and a body`)
    shown.set('body', asField(body))
  }
  const hasFile = [...shown.values()].some(({ type }) => type === 'file')
  const isUrlencoded =
    !hasFile && sent.some(({ type }) => type === 'form') && !sent.some(({ type }) => type === 'multipart')
  return {
    parameters: [...shown.values()],
    consumes: isForm ? [isUrlencoded ? 'application/x-www-form-urlencoded' : 'multipart/form-data'] : undefined,
  }
}

function isSent({ type, source }: Parameter): boolean {
  return Object.hasOwn(PLACES, type) && (source ?? 'request') === 'request'
}

/** A list: a GET that pages, or one whose path does not end with a variable. */
function isListGet({ method, parameters = [] }: Resource, path: string): boolean {
  return method.toUpperCase() === 'GET' && (!path.endsWith('}') || parameters.some(({ name }) => name === 'pageSize'))
}

/** A variable of the path is one wherever the parameter says that it comes from: resources that are stubs call all theirs `multipart`. */
function placeOf({ type, name }: Parameter, inPath: ReadonlySet<string>): SwaggerParameter['in'] | undefined {
  const place = PLACES[type]
  return place === 'formData' && inPath.has(name) ? 'path' : place
}

function toParameter(
  { name, dataType, description, required, sampleData }: Parameter,
  place: SwaggerParameter['in'],
  resource: Resource,
  at: string,
  scope: SchemaScope,
): SwaggerParameter {
  const about = {
    in: place,
    ...(typeof description === 'string' && description !== '' ? { description } : {}),
    required: place === 'path' || required === true,
    ...(sampleData === undefined || sampleData === null || sampleData === ''
      ? {}
      : { 'x-cloudelements-sample': sampleData }),
  }
  if (place === 'body') return { name, ...about, schema: bodySchema(dataType, resource, at, scope) }
  if (place === 'path') return { name, ...about, ...simpleType(dataType, scope) }
  if (place === 'formData') return { name, ...about, ...fieldType(dataType, scope) }
  return { name, ...about, ...simpleType(dataType, scope), ...(name === 'pageSize' ? { format: 'int64' } : {}) }
}

/** Values outside of bodies have no members. */
function simpleType(dataType: string | undefined, scope: SchemaScope): { type: string } & JsonSchema {
  const schema = namedType(dataType ?? 'string')
  const type = schema?.['type']
  if (type === 'array' || (dataType !== undefined && scope.arrays.has(dataType)))
    return { type: 'array', items: { type: 'string' } }
  if (typeof type !== 'string' || type === 'object') return { type: 'string' }
  return { ...schema, type }
}

function fieldType(dataType: string | undefined, scope: SchemaScope): { type: string } & JsonSchema {
  if (dataType?.toLowerCase() === 'file') return { type: 'file' }
  const shown = scope.names.get(dataType ?? '')
  return shown === undefined
    ? simpleType(dataType, scope)
    : { type: 'string', 'x-schema': { $ref: `#/definitions/${shown}` } }
}

/** A body's type is a model, or a word: `Body`, `JSON`, … that stands for any object. */
function bodySchema(dataType = 'object', { model }: Resource, at: string, scope: SchemaScope): JsonSchema {
  const isKnown = scope.names.has(dataType) || scope.arrays.has(dataType)
  if (isKnown || namedType(dataType)) return schemaOfType(dataType, at, scope)
  const { requestName } = model ?? {}
  if (requestName !== undefined && (scope.names.has(requestName) || scope.arrays.has(requestName)))
    return schemaOfType(requestName, at, scope)
  if (!/^(body|json|payload)$/i.test(dataType)) scope.repair(`${at}: there is no definition "${dataType}" of the body`)
  return { type: 'object' }
}

function asField({ name, description, required, schema }: SwaggerParameter): SwaggerParameter {
  return {
    name,
    in: 'formData',
    ...(description === undefined ? {} : { description }),
    required,
    type: 'string',
    'x-schema': schema,
  }
}
