import type { Schema } from '../../../model/element.ts'
import { isObject, type JsonObject, listOf, memberOf, numberOf, objectOf, shortened, textOf } from '../json-value.ts'
import { MAX_DESCRIPTION } from '../limits.ts'
import { TYPE_WORDS } from '../schemas.ts'
import type { References } from './references.ts'

const MOST_NESTED = 12
const MOST_PROPERTIES = 400
const MOST_CHOICES = 100

/** Constraints that models carry as they are. */
const KEPT = [
  'format',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'readOnly',
  'writeOnly',
  'deprecated',
] as const

export interface SchemaReader {
  /** in the dialect of models (spec 11 §8.1): a reference is a definition name in `type` */
  read(schema: unknown): Schema | undefined
  /** every definition that was named so far, read; complete once nothing is read any more */
  definitions(): Map<string, Schema>
}

/**
 * JSON Schemas of OpenAPI 3.1 become schemas of models. `allOf` is merged; of `oneOf` and `anyOf` the objects are merged,
 * with nothing required, because a model has one form.
 */
export function createSchemaReader({ follow, target }: References): SchemaReader {
  /** pointer, or text of an unnamed composition → definition name */
  const names = new Map<string, string>()
  const taken = new Set<string>()
  const read = new Map<string, Schema>()
  const waiting: { name: string; raw: () => unknown }[] = []
  /** references without compositions; undefined while one is being worked on, when it leads to itself */
  const flat = new Map<string, JsonObject | undefined>()

  return {
    read: (schema) => convert(schema, 0),
    definitions() {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        read.set(next.name, convert(next.raw(), 0) ?? { type: 'object' })
      }
      return read
    },
  }

  function nameOf(key: string, wanted: string, raw: () => unknown): string {
    const known = names.get(key)
    if (known !== undefined) return known
    let name = wanted
    for (let count = 2; taken.has(name); count++) name = `${wanted}${count}`
    names.set(key, name)
    taken.add(name)
    waiting.push({ name, raw })
    return name
  }

  function convert(raw: unknown, depth: number): Schema | undefined {
    if (raw === true) return {}
    if (!isObject(raw)) return undefined
    if (depth > MOST_NESTED) return { type: 'object' }
    const named = nameFor(raw, depth)
    if (named === undefined) return written(flattened(raw, 0), depth)
    const description = shortened(textOf(raw['description']), MAX_DESCRIPTION)
    return { type: named, ...(description === undefined ? {} : { description }) }
  }

  /**
   * The definition that stands for a schema: the one it refers to, or one of its own for a composition of others. Written
   * out in place, compositions of compositions would grow with every level.
   */
  function nameFor(raw: JsonObject, depth: number): string | undefined {
    const reference = onlyReference(raw)
    if (reference !== undefined) {
      return isObject(target(reference))
        ? nameOf(reference, definitionName(reference), () => target(reference))
        : 'object'
    }
    const references = [raw['allOf'], raw['oneOf'], raw['anyOf']]
      .flatMap(listOf)
      .map((part) => memberOf(part, '$ref'))
      .filter((pointer) => typeof pointer === 'string')
    const [first] = references
    if (depth === 0 || first === undefined) return undefined
    const { description: _, ...composition } = raw
    return nameOf(
      JSON.stringify(composition),
      `${definitionName(first)}${references.length > 1 ? 'Mix' : 'Extended'}`,
      () => composition,
    )
  }

  /** `{ $ref }`, also wrapped: alone in an `allOf`, the only object in a `oneOf` or `anyOf`. */
  function onlyReference(raw: JsonObject): string | undefined {
    if (typeof raw['$ref'] === 'string') return raw['$ref']
    const given = ['allOf', 'oneOf', 'anyOf'].filter((keyword) => Array.isArray(raw[keyword]))
    const [keyword = ''] = given
    if (given.length !== 1 || raw['properties'] !== undefined || raw['items'] !== undefined) return undefined
    const parts = listOf(raw[keyword]).filter((part) => memberOf(part, 'type') !== 'null')
    const objects = keyword === 'allOf' ? parts : parts.filter((part) => isObjectLike(follow(part)))
    const [only] = objects.length > 0 ? objects : parts
    const reference = memberOf(only, '$ref')
    return (objects.length || parts.length) === 1 && typeof reference === 'string' ? reference : undefined
  }

  function written(raw: JsonObject, depth: number): Schema {
    const type = typeOf(raw)
    const schema: Schema = { ...(type === undefined ? {} : { type }), ...formatOf(raw) }
    const description = shortened(textOf(raw['description']), MAX_DESCRIPTION)
    if (description !== undefined) schema['description'] = description
    const constraints = KEPT.map((name) => [name, memberOf(raw, name)]).filter(
      ([name, value]) => schema[String(name)] === undefined && ['string', 'number', 'boolean'].includes(typeof value),
    )
    Object.assign(schema, Object.fromEntries(constraints))
    const choices = raw['const'] === undefined ? listOf(raw['enum']) : [raw['const']]
    if (choices.length > 0 && choices.length <= MOST_CHOICES) schema.enum = choices.filter((choice) => choice !== null)
    const sample = sampleOf(raw)
    if (sample !== undefined) schema['x-samplevalue'] = sample
    if (type === 'array') schema.items = convert(raw['items'], depth + 1) ?? {}
    const properties = propertiesOf(raw, depth)
    if (properties) schema.properties = properties
    const required = listOf(raw['required']).filter((name): name is string => typeof name === 'string')
    if (properties && required.length > 0) schema.required = required.filter((name) => Object.hasOwn(properties, name))
    return schema
  }

  function propertiesOf(raw: JsonObject, depth: number): Record<string, Schema> | undefined {
    const entries = Object.entries(objectOf(raw['properties'])).slice(0, MOST_PROPERTIES)
    if (entries.length === 0) return undefined
    return Object.fromEntries(
      entries
        .filter(([name]) => name !== '__proto__')
        .map(([name, property]) => [name, convert(property, depth + 1) ?? {}]),
    )
  }

  /** Without `allOf`, `oneOf`, `anyOf`. */
  function flattened(raw: JsonObject, depth: number): JsonObject {
    const { allOf, oneOf, anyOf, ...own } = raw
    if (depth > MOST_NESTED || (!allOf && !oneOf && !anyOf)) return own
    const partsOf = (list: unknown) => listOf(list).flatMap((part) => partOf(part, depth))
    const alternatives = partsOf(oneOf ?? anyOf).filter((part) => part['type'] !== 'null')
    const choice =
      alternatives.length < 2
        ? alternatives
        : [merged(objectsAmong(alternatives).map(({ required: _, ...part }) => part))]
    return merged([...partsOf(allOf), ...choice, own])
  }

  function partOf(part: unknown, depth: number): JsonObject[] {
    if (!isObject(part)) return []
    const { $ref, ...own } = part
    if (typeof $ref !== 'string') return [flattened(own, depth + 1)]
    if (!flat.has($ref)) {
      flat.set($ref, undefined)
      const found = follow(part)
      if (found) flat.set($ref, flattened(found, depth + 1))
    }
    const known = flat.get($ref)
    return known ? [known] : []
  }
}

function isObjectLike(schema: JsonObject | undefined): boolean {
  return (
    schema !== undefined &&
    (schema['type'] === 'object' ||
      ['properties', 'allOf', 'oneOf', 'anyOf'].some((name) => schema[name] !== undefined))
  )
}

/** Alternatives that are objects, or the first when none is. */
function objectsAmong(alternatives: readonly JsonObject[]): JsonObject[] {
  const objects = alternatives.filter((part) => isObject(part['properties']))
  return objects.length > 0 ? objects : alternatives.slice(0, 1)
}

function merged(parts: readonly JsonObject[]): JsonObject {
  const properties: Record<string, unknown> = Object.create(null)
  const required: unknown[] = []
  let result: JsonObject = {}
  for (const part of parts) {
    Object.assign(properties, objectOf(part['properties']))
    required.push(...listOf(part['required']))
    result = { ...result, ...part }
  }
  const { properties: _, required: __, ...rest } = result
  return {
    ...rest,
    ...(Object.keys(properties).length > 0 ? { properties: Object.fromEntries(Object.entries(properties)) } : {}),
    ...(required.length > 0 ? { required: [...new Set(required)] } : {}),
  }
}

/** One of the types of models; 3.1 allows several, of which the first that is not null counts. */
function typeOf(raw: JsonObject): string | undefined {
  const given = [raw['type']].flat().find((type) => typeof type === 'string' && type !== 'null')
  if (isFile(raw)) return 'string'
  if (typeof given === 'string' && TYPE_WORDS.has(given)) return given
  if (isObject(raw['properties']) || isObject(raw['additionalProperties'])) return 'object'
  if (raw['items'] !== undefined) return 'array'
  const [choice] = listOf(raw['enum'])
  return typeof choice === 'string' ? 'string' : typeof choice === 'number' ? 'number' : undefined
}

/** Bytes: `format: binary` before 3.1, a `contentMediaType` from it on. */
function isFile(raw: JsonObject): boolean {
  return (
    raw['format'] === 'binary' || (typeof raw['contentMediaType'] === 'string' && raw['contentEncoding'] === undefined)
  )
}

function formatOf(raw: JsonObject): Partial<Schema> {
  if (isFile(raw)) return { format: 'binary' }
  return raw['contentEncoding'] === 'base64' ? { format: 'byte' } : {}
}

/** An example of a scalar is a sample; larger ones belong to answers. */
function sampleOf(raw: JsonObject): unknown {
  const [first] = listOf(raw['examples'])
  const sample = raw['example'] ?? raw['x-example'] ?? first ?? raw['default']
  if (typeof sample === 'string') return sample.length <= 200 && sample !== '' ? sample : undefined
  return typeof sample === 'boolean' ? sample : numberOf(sample)
}

/** `#/components/schemas/Contact` → `Contact`; a word that is a type gets another name. */
function definitionName(pointer: string): string {
  const segments = pointer.split('/').map((segment) => segment.replace(/~[01]|%\w\w/g, '_').replace(/[^\w.-]+/g, '_'))
  const ordinary = segments.filter(
    (segment) =>
      !/^(#|paths|components|schemas|content|schema|responses|requestBody|parameters|properties|items|allOf|anyOf|oneOf|get|put|post|patch|delete|application_json|\d+|_.*_)$/.test(
        segment,
      ),
  )
  const name = ordinary.at(-1)?.replace(/^_+|_+$/g, '') || segments.at(-1) || 'definition'
  return TYPE_WORDS.has(name) || name === '__proto__' ? `${name}Model` : name
}
