import type { Schema } from '../../../model/element.ts'
import { inferSchema } from '../infer-schema.ts'
import { isObject, type JsonObject, listOf, memberOf, objectOf, textOf } from '../json-value.ts'
import type { BodyKind, OperationAnswer, OperationBody } from '../vendor-api.ts'
import type { Reading } from './reading.ts'
import type { References } from './references.ts'
import type { SchemaReader } from './schema-reader.ts'

const KINDS: readonly [kind: BodyKind, pattern: RegExp][] = [
  ['json', /^(application|text)\/(json|[\w.+-]*\+json|x-json)\b|^\*\/\*$/i],
  ['form', /^application\/x-www-form-urlencoded\b/i],
  ['multipart', /^multipart\/form-data\b/i],
  ['xml', /^(application|text)\/([\w.+-]+\+)?xml\b/i],
  ['raw', /./],
]

/** The body that an operation takes; of several types JSON before forms, forms before XML. */
export function bodyOf(
  value: unknown,
  place: string,
  { references, schemas, doubt }: Reading,
): OperationBody | undefined {
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

/** What an operation answers when all goes well. */
export function answerOf(value: unknown, { references, schemas }: Reading): OperationAnswer | undefined {
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
