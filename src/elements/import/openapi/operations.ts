import type { Schema } from '../../../model/element.ts'
import type { Doubtful } from '../doubts.ts'
import { inferSchema } from '../infer-schema.ts'
import {
  isHeaderName,
  isObject,
  type JsonObject,
  listOf,
  memberOf,
  numberOf,
  objectOf,
  scalarText,
  textOf,
} from '../json-value.ts'
import { TYPE_WORDS } from '../schemas.ts'
import type { BodyKind, Method, Operation, OperationAnswer, OperationBody, OperationParameter } from '../vendor-api.ts'
import type { References } from './references.ts'
import type { SchemaReader } from './schema-reader.ts'
import { serversOf } from './servers.ts'

const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const UNSUPPORTED = ['head', 'options', 'trace', 'query']

interface Reading {
  references: References
  schemas: SchemaReader
  doubt: Doubtful
}

/** An operation, and what it says about credentials. */
export interface Found {
  operation: Operation
  place: string
  security: unknown
}

/** Every operation of `paths`, in the order of the document. */
export function operationsOf(document: JsonObject, reading: Reading): Found[] {
  const found: Found[] = []
  for (const [path, entry] of Object.entries(objectOf(document['paths']))) {
    const item = reading.references.follow(entry)
    if (!item || path.startsWith('x-')) continue
    for (const method of METHODS) {
      const raw = item[method.toLowerCase()]
      if (isObject(raw)) found.push(operationOf(method, path, item, raw, reading))
    }
    for (const method of UNSUPPORTED) {
      if (isObject(item[method]))
        reading.doubt(`${method.toUpperCase()} ${path}`, 'has a method that callers of the platform cannot use')
    }
  }
  return found
}

function operationOf(method: Method, documentPath: string, item: JsonObject, raw: JsonObject, reading: Reading): Found {
  const place = `${method} ${documentPath}`
  const { doubt } = reading
  if (raw['deprecated'] === true) doubt(place, 'is deprecated')
  if (isObject(raw['callbacks'])) doubt(place, 'has callbacks, which are not imported')
  const { path, platformName } = readPath(documentPath)
  const [server] = serversOf(raw['servers'] ?? item['servers'])
  const parameters = parametersOf(item, raw, place, reading)
  // a GET carries no body (spec 11 §3.10 step 10)
  const body = method === 'GET' ? undefined : bodyOf(raw['requestBody'], place, reading)
  const answer = answerOf(raw['responses'], reading)
  const operation: Operation = {
    method,
    path,
    ...(platformName === undefined ? {} : { platformName }),
    ...(server ? { server } : {}),
    ...(textOf(raw['operationId']) === undefined ? {} : { operationId: textOf(raw['operationId']) }),
    ...(textOf(raw['summary'] ?? raw['description']) === undefined
      ? {}
      : { description: textOf(raw['summary'] ?? raw['description']) }),
    parameters,
    ...(body ? { body } : {}),
    ...(answer ? { answer } : {}),
    ...(parameters.some(({ name }) => name === '$filter') ? { whereConverter: 'toODataFilter' } : {}),
  }
  return { operation, place, security: raw['security'] }
}

/**
 * Some documents tell operations apart after a `#` that the vendor never sees, `/#Action=ListUsers`; expansions such as
 * `{?page}` repeat query parameters.
 */
function readPath(documentPath: string): { path: string; platformName?: string } {
  const [path = '/', fragment] = documentPath.split('#', 2)
  const plain = path.replace(/\{[?&#;][^{}]*\}/g, '')
  const name = fragment?.split(/[=.]/).at(-1) ?? /[?&](?:action|method|operation)=([\w.-]+)/i.exec(path)?.[1]
  return name ? { path: plain || '/', platformName: name } : { path: plain || '/' }
}

function parametersOf(item: JsonObject, raw: JsonObject, place: string, reading: Reading): OperationParameter[] {
  const byPlace = new Map<string, OperationParameter>()
  for (const entry of [...listOf(item['parameters']), ...listOf(raw['parameters'])]) {
    const parameter = reading.references.follow(entry)
    if (!parameter) continue
    for (const one of parameterOf(parameter, place, reading)) byPlace.set(`${one.in} ${one.name}`, one)
  }
  return [...byPlace.values()]
}

function parameterOf(raw: JsonObject, place: string, { schemas, references, doubt }: Reading): OperationParameter[] {
  const where = raw['in']
  const name = where === 'header' ? textOf(raw['name'])?.trim() : textOf(raw['name'])
  if (name === undefined) return []
  if (where === 'cookie') {
    doubt(place, `takes the cookie "${name}", which callers cannot send`)
    return []
  }
  if (where !== 'path' && where !== 'query' && where !== 'header') return []
  if (where === 'header' && !isHeaderName(name)) {
    doubt(place, `"${name}" is no name of a header`)
    return []
  }
  // these three are said by other means (OpenAPI 3, parameter object)
  if (where === 'header' && /^(accept|content-type|authorization)$/i.test(name)) return []
  const [content] = Object.values(objectOf(raw['content']))
  const rawSchema = references.follow(raw['schema'] ?? memberOf(content, 'schema')) ?? raw
  const nested =
    where === 'query' && raw['style'] === 'deepObject' ? Object.entries(objectOf(rawSchema['properties'])) : []
  if (nested.length > 0) {
    return nested.flatMap(([member, schema]) =>
      parameterOf({ name: `${name}[${member}]`, in: 'query', schema }, place, { schemas, references, doubt }),
    )
  }
  const schema = flatSchema(schemas.read(rawSchema))
  const required = where === 'path' || raw['required'] === true
  const fixed = fixedValue(rawSchema, required)
  const constraint = (key: string) => {
    const value = numberOf(rawSchema[key])
    return value === undefined ? {} : { [key]: value }
  }
  return [
    {
      name,
      in: where,
      schema,
      required,
      ...(textOf(raw['description']) === undefined ? {} : { description: textOf(raw['description']) }),
      ...(fixed === undefined ? {} : { fixed }),
      ...constraint('maximum'),
      ...constraint('minimum'),
      default: rawSchema['default'],
    },
  ]
}

/** A parameter's schema names no definition: its data type stands in the row. */
function flatSchema(schema: Schema | undefined): Schema {
  const { type, ...rest } = schema ?? {}
  return type === undefined ? rest : { ...rest, type: TYPE_WORDS.has(type) ? type : 'object' }
}

/** A required parameter with one possible value; text that would be read as a template is asked of the caller. */
function fixedValue(schema: JsonObject, required: boolean): string | undefined {
  const choices = schema['const'] === undefined ? listOf(schema['enum']) : [schema['const']]
  const value = scalarText(choices[0])
  return required && choices.length === 1 && value !== undefined && !/\$\{|CE\.|[{}]/.test(value) ? value : undefined
}

const KINDS: readonly [kind: BodyKind, pattern: RegExp][] = [
  ['json', /^(application|text)\/(json|[\w.+-]*\+json|x-json)\b|^\*\/\*$/i],
  ['form', /^application\/x-www-form-urlencoded\b/i],
  ['multipart', /^multipart\/form-data\b/i],
  ['xml', /^(application|text)\/([\w.+-]+\+)?xml\b/i],
  ['raw', /./],
]

function bodyOf(value: unknown, place: string, { references, schemas, doubt }: Reading): OperationBody | undefined {
  const raw = references.follow(value)
  const content = objectOf(raw?.['content'])
  for (const [kind, pattern] of KINDS) {
    const type = preferredType(Object.keys(content).filter(isMediaType), pattern)
    if (type === undefined) continue
    const rawSchema = memberOf(content[type], 'schema')
    if (isEmptyObject(references.follow(rawSchema))) return undefined
    const schema = kind === 'xml' ? xmlContent(rawSchema, references, schemas) : schemas.read(rawSchema)
    const xmlRoot = kind === 'xml' ? xmlRootOf(rawSchema, references) : undefined
    if (kind === 'xml') doubt(place, 'takes XML: name attributes with @ in the body')
    return {
      kind,
      contentType: kind === 'json' && type.includes('*') ? 'application/json' : type,
      required: raw?.['required'] === true,
      ...(schema ? { schema } : {}),
      ...(xmlRoot === undefined ? {} : { xmlRoot }),
    }
  }
  return undefined
}

/** Generators write an empty form where nothing is sent. */
function isEmptyObject(schema: JsonObject | undefined): boolean {
  return (
    isObject(schema?.['properties']) &&
    Object.keys(schema).every((name) => name === 'type' || name === 'properties') &&
    Object.keys(schema['properties']).length === 0
  )
}

const isMediaType = (text: string) => /^[\w.+*-]+\/[\w.+*-]+/.test(text)

/** The plain type before variants of it. */
function preferredType(types: readonly string[], pattern: RegExp): string | undefined {
  const fitting = types.filter((type) => pattern.test(type))
  return fitting.find((type) => /^application\/json$/i.test(type)) ?? fitting[0]
}

function answerOf(value: unknown, { references, schemas }: Reading): OperationAnswer | undefined {
  const responses = objectOf(value)
  const status = ['200', '201', '202', '203', '2XX', '2xx', '206', '207', '204', 'default'].find((code) =>
    Object.hasOwn(responses, code),
  )
  const response = status === undefined ? undefined : references.follow(responses[status])
  if (!response) return undefined
  const content = objectOf(response['content'])
  const types = Object.keys(content).filter(isMediaType)
  const type = preferredType(types, KINDS[0]?.[1] ?? /./) ?? types.find((one) => /xml/i.test(one)) ?? types[0]
  const headers = Object.keys(objectOf(response['headers']))
  if (type === undefined) return { headers }
  const isJson = KINDS[0]?.[1].test(type)
  const media = references.follow(content[type]) ?? {}
  const sample = isJson ? sampleOf(media, references) : undefined
  const isXml = !isJson && /xml/i.test(type)
  const described = isJson
    ? schemas.read(media['schema'])
    : isXml
      ? xmlContent(media['schema'], references, schemas)
      : undefined
  const saysNothing = described === undefined || Object.keys(described).length === 0
  const schema = saysNothing && typeof sample === 'object' ? inferSchema(sample) : described
  return {
    contentType: type,
    headers,
    ...(isXml ? { xmlRoot: xmlRootOf(media['schema'], references) } : {}),
    ...(schema ? { schema } : {}),
    ...(sample === undefined ? {} : { sample }),
  }
}

function sampleOf(media: JsonObject, references: References): unknown {
  if (media['example'] !== undefined) return media['example']
  for (const example of Object.values(objectOf(media['examples']))) {
    const value = references.follow(example)?.['value']
    if (value !== undefined) return value
  }
  const schema = references.follow(media['schema'])
  const given = schema?.['example'] ?? listOf(schema?.['examples'])[0]
  return isObject(given) || Array.isArray(given) ? given : undefined
}

/** The element that a schema is written as: its `xml.name`, or the name of its definition (OpenAPI 3.1 §4.8.26). */
function xmlRootOf(schema: unknown, references: References): string | undefined {
  const reference = textOf(memberOf(schema, '$ref'))
  const name = textOf(memberOf(references.follow(schema)?.['xml'], 'name')) ?? reference?.split('/').at(-1)
  return name !== undefined && /^[\w:-]+$/.test(name) ? name : undefined
}

/** A list is a repeated element inside the root. */
function xmlContent(schema: unknown, references: References, schemas: SchemaReader): Schema | undefined {
  const read = schemas.read(schema)
  const raw = references.follow(schema)
  if (raw?.['type'] !== 'array' && read?.type !== 'array') return read
  const item = xmlRootOf(raw?.['items'], references) ?? 'item'
  return { type: 'object', properties: { [item]: { type: 'array', items: schemas.read(raw?.['items']) ?? {} } } }
}
