import { isObject } from '../../model/is-object.ts'
import { definitionNames } from './definition-names.ts'
import type { Frame } from './frame.ts'
import { AUTHORIZATION } from './operation-parameters.ts'
import {
  type Api,
  type JsonSchema,
  type Method,
  operationsOf,
  type SwaggerOperation,
  type SwaggerParameter,
} from './swagger.ts'

/** OpenAPI 3.1 of the same content, again without its address. */
export interface OpenApi {
  info: JsonSchema
  tags: Api['tags']
  paths: Readonly<Record<string, Readonly<Partial<Record<Method, JsonSchema>>>>>
  components: { schemas: Readonly<Record<string, JsonSchema>> }
}

/** How calls are signed; in Swagger documents it is a parameter, which OpenAPI 3 would have readers ignore. */
export const SECURITY_SCHEMES = {
  authorization: { type: 'apiKey', in: 'header', name: 'Authorization', description: AUTHORIZATION.description },
}

const DEFAULT_TYPES = ['application/json']

/**
 * Swagger documents as we write them, said in OpenAPI 3.1: bodies and forms become `requestBody`, definitions `components`.
 * Names that 3.1 does not allow are changed (`users@me` → `users_me`). A generator for the reason that `element-api.ts` names.
 */
export function* toOpenApi(api: Api): Generator<void, OpenApi> {
  const names = definitionNames(Object.keys(api.definitions), /[^A-Za-z0-9._-]/g)
  const schema = (said: JsonSchema) => toSchema(said, names)
  const schemas: [string, JsonSchema][] = []
  for (const [name, definition] of Object.entries(api.definitions)) {
    schemas.push([names.get(name) ?? name, schema(definition)])
    yield
  }
  const paths = new Map<string, Partial<Record<Method, JsonSchema>>>()
  for (const { path, method, operation } of operationsOf(api)) {
    const item = paths.get(path) ?? {}
    item[method] = toOperation(operation, schema)
    paths.set(path, item)
    yield
  }
  return {
    info: api.info,
    tags: api.tags,
    paths: Object.fromEntries(paths),
    components: { schemas: Object.fromEntries(schemas) },
  }
}

export function serversOf({ host, basePath, schemes }: Frame): { url: string }[] {
  return schemes.map((scheme) => ({ url: `${scheme}://${host}${basePath === '/' ? '' : basePath}` }))
}

type Convert = (schema: JsonSchema) => JsonSchema

function toOperation(
  { parameters, responses, consumes = DEFAULT_TYPES, produces = DEFAULT_TYPES, ...rest }: SwaggerOperation,
  convert: Convert,
): JsonSchema {
  const body = parameters.find((parameter) => parameter.in === 'body')
  const fields = parameters.filter((parameter) => parameter.in === 'formData')
  const requestBody = body ? bodyOf(body, convert) : fields.length > 0 ? formOf(fields, consumes, convert) : undefined
  return {
    ...rest,
    security: parameters.some(isAuthorization) ? [{ authorization: [] }] : [],
    parameters: parameters
      .filter((one) => one.in !== 'body' && one.in !== 'formData' && !isAuthorization(one))
      .map((one) => toParameter(one, convert)),
    ...(requestBody ? { requestBody } : {}),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, { schema, ...response }]) => [
        status,
        schema ? { ...response, content: contentOf(produces, convert(schema)) } : response,
      ]),
    ),
  }
}

function isAuthorization(parameter: SwaggerParameter): boolean {
  return parameter.in === 'header' && parameter.name.toLowerCase() === 'authorization'
}

/** Members of a parameter that its schema takes over. */
const OF_SCHEMA = ['type', 'format', 'items', 'enum', 'default'] as const

function toParameter(parameter: SwaggerParameter, convert: Convert): JsonSchema {
  const own = Object.entries(parameter).filter(
    ([member]) => !(OF_SCHEMA as readonly string[]).includes(member) && member !== 'collectionFormat',
  )
  return {
    ...Object.fromEntries(own),
    // a comma list where nothing else is said, as in Swagger
    ...(parameter.type === 'array' && parameter.in === 'query'
      ? { style: 'form', explode: parameter.collectionFormat === 'multi' }
      : {}),
    schema: convert(schemaIn(parameter)),
  }
}

function bodyOf({ description, required = false, schema = {} }: SwaggerParameter, convert: Convert): JsonSchema {
  return {
    ...(description === undefined ? {} : { description }),
    required,
    content: contentOf(DEFAULT_TYPES, convert(schema)),
  }
}

function formOf(fields: readonly SwaggerParameter[], consumes: readonly string[], convert: Convert): JsonSchema {
  const required = fields.filter((field) => field.required).map(({ name }) => name)
  const properties = Object.fromEntries(
    fields.map((field) => [
      field.name,
      { ...convert(schemaIn(field)), ...(field.description ? { description: field.description } : {}) },
    ]),
  )
  const schema = { type: 'object', properties, ...(required.length > 0 ? { required } : {}) }
  return { required: required.length > 0, content: contentOf(consumes, schema) }
}

function schemaIn(parameter: SwaggerParameter): JsonSchema {
  const said = parameter['x-schema']
  if (isObject(said)) return said
  return Object.fromEntries(
    OF_SCHEMA.flatMap((member) => (parameter[member] === undefined ? [] : [[member, parameter[member]]])),
  )
}

function contentOf(types: readonly string[], schema: JsonSchema): JsonSchema {
  return Object.fromEntries(types.map((type) => [type, { schema }]))
}

const BY_NAME = new Set(['properties'])
const LISTS = new Set(['allOf'])
const SINGLE = new Set(['items', 'additionalProperties'])

/** What OpenAPI 2 says otherwise than JSON Schema 2020-12. */
function toSchema(schema: JsonSchema, names: ReadonlyMap<string, string>): JsonSchema {
  const convert = (one: JsonSchema) => toSchema(one, names)
  if (typeof schema['$ref'] === 'string') return { $ref: referenceIn(schema['$ref'], names) }
  const members = Object.entries(schema).map(([member, value]): [string, unknown] => {
    if (BY_NAME.has(member) && isObject(value))
      return [
        member,
        Object.fromEntries(Object.entries(value).map(([name, one]) => [name, convert(one as JsonSchema)])),
      ]
    if (LISTS.has(member) && Array.isArray(value)) return [member, value.map(convert)]
    if (SINGLE.has(member) && isObject(value)) return [member, convert(value)]
    if (member === 'discriminator') return [member, { propertyName: value }]
    if (member === 'type' && value === 'file') return [member, 'string']
    if (member === 'example') return ['examples', [value]]
    return [member, value]
  })
  const clean = Object.fromEntries(members)
  for (const [flag, limit] of [
    ['exclusiveMaximum', 'maximum'],
    ['exclusiveMinimum', 'minimum'],
  ] as const) {
    if (!(flag in clean)) continue
    const isExclusive = clean[flag] === true && clean[limit] !== undefined
    if (isExclusive) clean[flag] = clean[limit]
    else delete clean[flag]
    if (isExclusive) delete clean[limit]
  }
  if (schema['type'] === 'file') clean['format'] = 'binary'
  return clean
}

function referenceIn(reference: string, names: ReadonlyMap<string, string>): string {
  const name = reference.slice('#/definitions/'.length)
  return `#/components/schemas/${names.get(name) ?? name}`
}
