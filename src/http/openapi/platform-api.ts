import { cleanSchema, type SchemaScope } from '../../elements/documents/clean-schema.ts'
import { assemble } from '../../elements/documents/element-api.ts'
import { AUTHORIZATION } from '../../elements/documents/operation-parameters.ts'
import { responsesWith } from '../../elements/documents/responses.ts'
import { type Draft, tagOf } from '../../elements/documents/standard-content.ts'
import type { Api, Method, SwaggerParameter } from '../../elements/documents/swagger.ts'
import { isObject } from '../../model/is-object.ts'
import type { JsonSchema } from './components.ts'

/** As far as our own document (`document.ts`) goes. */
export interface PlatformDocument {
  info: JsonSchema
  paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>
  components: { schemas: Readonly<Record<string, JsonSchema>> }
}

const SIGNED: SwaggerParameter = {
  ...AUTHORIZATION,
  description: 'Who calls: `User <user secret>, Organization <organization secret>`, or `Bearer <token>`',
}

/**
 * The platform in the documents of spec 23 §A: what `/openapi.json` says, with the names of operations, the parameter
 * `Authorization`, the tags and the answers that documents of elements have. Calls of vendors are not in it: elements have documents of
 * their own.
 */
export function* platformApi({ info, paths, components }: PlatformDocument): Generator<void, Api> {
  const repairs: string[] = []
  const names = new Map(Object.keys(components.schemas).map((name) => [name, name]))
  const scope: SchemaScope = { names, arrays: new Map(), repair: (text) => void repairs.push(text) }
  const definitions: [string, JsonSchema][] = []
  for (const [name, schema] of Object.entries(components.schemas)) {
    definitions.push([name, toSchema(schema, name, scope)])
    yield
  }
  const drafts: Draft[] = []
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(item))
      if (operation['x-valence-operation'] !== 'resources.call')
        drafts.push(toDraft(method as Method, path, operation, scope))
    yield
  }
  const { title, version, description } = info
  return {
    info: { title, version, ...(description === undefined ? {} : { description }) },
    ...assemble(drafts),
    definitions: Object.fromEntries(definitions),
    repairs,
  }
}

function toDraft(method: Method, path: string, operation: JsonSchema, scope: SchemaScope): Draft {
  const at = `${method} ${path}`
  const { summary, description, security, parameters = [], requestBody, responses } = operation
  const isOpen = Array.isArray(security) && security.length === 0
  const body = bodyOf(requestBody, at, scope)
  const extensions = Object.entries(operation).filter(([member]) => member.startsWith('x-'))
  return {
    method,
    path,
    operation: {
      ...(typeof summary === 'string' ? { summary } : {}),
      ...(typeof description === 'string' ? { description } : {}),
      tags: [tagOf(path)],
      parameters: [
        ...(isOpen ? [] : [SIGNED]),
        ...(parameters as JsonSchema[]).map((parameter) => toParameter(parameter)),
        ...body.parameters,
      ],
      responses: responsesWith(answerOf(responses, at, scope)),
      ...(body.consumes ? { consumes: body.consumes } : {}),
      ...producesOf(responses),
      ...Object.fromEntries(extensions),
    },
  }
}

function toParameter({ name, in: place, description, required, schema }: JsonSchema): SwaggerParameter {
  const said = isObject(schema) ? schema : {}
  const { type = 'string', format, items, default: fallback } = said
  const isSimple = typeof type === 'string' && type !== 'object'
  return {
    name: String(name),
    in: place as SwaggerParameter['in'],
    ...(typeof description === 'string' ? { description } : {}),
    required: required === true,
    type: isSimple ? type : 'string',
    ...(typeof format === 'string' ? { format } : {}),
    ...(type === 'array' ? { items: simpleItems(items), collectionFormat: 'multi' } : {}),
    ...(Array.isArray(said['enum']) ? { enum: said['enum'] } : {}),
    ...(fallback === undefined ? {} : { default: fallback }),
  }
}

function simpleItems(items: unknown): JsonSchema {
  const type = isObject(items) ? items['type'] : undefined
  return { type: typeof type === 'string' && type !== 'object' && type !== 'array' ? type : 'string' }
}

/** Swagger knows one body: JSON where it may be JSON, else a form, else bytes. */
function bodyOf(
  requestBody: unknown,
  at: string,
  scope: SchemaScope,
): { parameters: SwaggerParameter[]; consumes?: string[] } {
  if (!isObject(requestBody)) return { parameters: [] }
  const content = contentIn(requestBody)
  const required = requestBody['required'] === true
  const body = (schema: JsonSchema): SwaggerParameter => ({ name: 'body', in: 'body', required, schema })
  const json = content['application/json']
  if (json) return { parameters: [body(toSchema(json, `body of ${at}`, scope))] }
  const form = content['multipart/form-data']
  if (form && isObject(form['properties'])) return { parameters: fieldsOf(form), consumes: ['multipart/form-data'] }
  const types = Object.keys(content)
  return { parameters: [body({ type: 'string', format: 'binary' })], ...(types.length > 0 ? { consumes: types } : {}) }
}

function fieldsOf(form: JsonSchema): SwaggerParameter[] {
  const required = Array.isArray(form['required']) ? form['required'] : []
  return Object.entries(form['properties'] as Record<string, JsonSchema>).map(([name, schema]) => ({
    name,
    in: 'formData',
    ...(typeof schema['description'] === 'string' ? { description: schema['description'] } : {}),
    required: required.includes(name),
    type: isBytes(schema) ? 'file' : 'string',
  }))
}

function answerOf(responses: unknown, at: string, scope: SchemaScope): JsonSchema | undefined {
  const content = contentIn(successOf(responses))
  const json = content['application/json']
  if (json) return toSchema(json, `answer of ${at}`, scope)
  const [other] = Object.values(content)
  if (!other) return undefined
  return isBytes(other) ? { type: 'file' } : toSchema(other, `answer of ${at}`, scope)
}

function producesOf(responses: unknown): { produces?: string[] } {
  const types = Object.keys(contentIn(successOf(responses)))
  return types.length === 0 || types.includes('application/json') ? {} : { produces: types }
}

function successOf(responses: unknown): JsonSchema {
  const found = isObject(responses) ? (responses['200'] ?? responses['302']) : undefined
  return isObject(found) ? found : {}
}

function contentIn({ content }: JsonSchema): Record<string, JsonSchema> {
  if (!isObject(content)) return {}
  return Object.fromEntries(
    Object.entries(content).map(([type, media]) => [type, (media as { schema: JsonSchema }).schema ?? {}]),
  )
}

function isBytes({ contentMediaType }: JsonSchema): boolean {
  return contentMediaType !== undefined
}

function toSchema(schema: JsonSchema, at: string, scope: SchemaScope): JsonSchema {
  return cleanSchema(older(schema), at, scope)
}

/** JSON Schema of 2020-12 as we write it, in the words of Swagger. Of several kinds of objects the first one is told: it says most. */
function older(schema: JsonSchema): JsonSchema {
  const { anyOf, oneOf, type, ...rest } = schema
  const alternatives = [anyOf, oneOf, Array.isArray(type) ? type.map((one) => ({ type: one })) : undefined].flatMap(
    (list) => (Array.isArray(list) ? (list as JsonSchema[]) : []),
  )
  if (alternatives.length > 0) {
    return { ...older(typeof type === 'string' ? { type, ...rest } : rest), ...firstOf(alternatives) }
  }
  const words = Object.entries(schema).flatMap(([word, value]): [string, unknown][] => {
    if (word === 'properties' && isObject(value))
      return [[word, Object.fromEntries(Object.entries(value).map(([name, one]) => [name, older(one as JsonSchema)]))]]
    if ((word === 'items' || word === 'additionalProperties') && isObject(value)) return [[word, older(value)]]
    if (word === 'allOf' && Array.isArray(value)) return [[word, value.map(older)]]
    if (word === 'const') return [['enum', [value]]]
    if (word === 'contentMediaType') return [['format', 'binary']]
    if (word === 'examples') return Array.isArray(value) ? [['example', value[0]]] : []
    if (word === 'not' || word === 'patternProperties') return []
    if (word === 'type' && value === 'null') return []
    return [[word, value]]
  })
  return Object.fromEntries(words)
}

function firstOf(alternatives: readonly JsonSchema[]): JsonSchema {
  const real = alternatives.filter(({ type }) => type !== 'null')
  const nullable = real.length < alternatives.length ? { 'x-nullable': true } : {}
  const constants = real.map((one) => one['const'])
  if (real.length > 0 && constants.every((value) => typeof value === 'string'))
    return { type: 'string', enum: constants, ...nullable }
  const [first] = real
  const areObjects = real.every((one) => one['$ref'] !== undefined || one['type'] === 'object')
  return first && (real.length === 1 || areObjects) ? { ...older(first), ...nullable } : nullable
}
