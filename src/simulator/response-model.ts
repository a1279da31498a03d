import type { Resource, Schema } from '../model/element.ts'
import { isTooDeep } from '../model/json-depth.ts'
import { EVERY, type RootStep, rootSteps, splitRootKey, valueAt } from './root-path.ts'
import { isSchema, kindOf, type ModelPart, properties, resolved } from './schema-parts.ts'
import type { Row } from './simulation.ts'

/** What an element says of one answer (spec 11 §8.1), as the vendor would have to send it. */
export interface ResponseModel {
  /** `list`: many rows at the root; `object`: one; `file`: bytes; `unknown`: nobody says */
  kind: 'list' | 'object' | 'file' | 'unknown'
  /** one row */
  row: ModelPart | undefined
  /** what stands around the list, when the model shows it and no root key does */
  wrapper: { member: string; whole: ModelPart } | undefined
  /** rows as the author shows them */
  samples: Row[]
}

type Definitions = Record<string, Schema>

const CONTAINERS = /^(data|items|results?|values?|records?|entries|list|rows|content|elements|hits)$/i
/** Words that vendors give to what holds a list. */
export function isContainer(word: string): boolean {
  return CONTAINERS.test(word)
}

const FILE_TYPES = /octet-stream|^image\/|^audio\/|^video\/|pdf|zip|csv|^text\/(?!xml|html|json)|msword|officedocument/i
const SAMPLE_CHARACTERS = 200_000
const SAMPLE_ROWS = 30

export function responseModel(resource: Resource, onItem: boolean): ResponseModel {
  const steps = rootSteps(splitRootKey(resource.rootKey).response)
  const sample = sampleValue(resource, steps)
  const nothing: ResponseModel = {
    kind: kindOfSample(sample),
    row: undefined,
    wrapper: undefined,
    samples: rows(sample),
  }
  if (FILE_TYPES.test(resource.response?.contentType ?? '')) return { ...nothing, kind: 'file' }
  const found = rootPart(resource)
  if (found === undefined) return nothing
  const isItems = found.isItems || steps.includes(EVERY)
  const inside = descend(found.part, steps)
  const schema = resolved(inside)
  const kind = kindOf(schema)
  if (kind === 'file') return { ...nothing, kind }
  if (kind === 'array') return { ...nothing, kind: 'list', row: itemsOf(inside) }
  if (isItems) return { ...nothing, kind: 'list', row: inside }
  if (kind !== 'object') return { ...nothing, row: inside }
  const container = steps.length === 0 && !onItem ? containerOf(inside) : undefined
  if (container)
    return { ...nothing, kind: 'list', row: container.row, wrapper: { member: container.member, whole: inside } }
  return { ...nothing, kind: 'object', row: inside }
}

/** The named definition. Where it is missing builders have left out the array and kept its items, as `<name>Object`. */
function rootPart({ model }: Resource): { part: ModelPart; isItems: boolean } | undefined {
  const definitions = definitionsOf(model?.swagger)
  const name = typeof model?.name === 'string' ? model.name : ''
  const named = Object.hasOwn(definitions, name) ? definitions[name] : undefined
  if (isSchema(named)) return { part: { schema: named, definitions }, isItems: false }
  const items = Object.hasOwn(definitions, `${name}Object`) ? definitions[`${name}Object`] : undefined
  return isSchema(items) ? { part: { schema: items, definitions }, isItems: true } : undefined
}

/** The request body, for fields that only writers know. */
export function requestPart({ model }: Resource): ModelPart | undefined {
  const definitions = definitionsOf(model?.requestSwagger)
  const name = typeof model?.requestName === 'string' ? model.requestName : ''
  const schema = Object.hasOwn(definitions, name) ? definitions[name] : undefined
  if (!isSchema(schema)) return undefined
  const part = { schema, definitions }
  return kindOf(resolved(part)) === 'array' ? itemsOf(part) : part
}

function definitionsOf(value: unknown): Definitions {
  return isSchema(value) ? (value as Definitions) : {}
}

function itemsOf(part: ModelPart): ModelPart {
  const { items } = resolved(part)
  return { schema: isSchema(items) ? items : {}, definitions: part.definitions }
}

/** Some models show the answer before its root is taken out. */
function descend(part: ModelPart, steps: readonly RootStep[]): ModelPart {
  let current = part
  for (const step of steps) {
    const schema = resolved(current)
    const member = typeof step === 'string' ? schema.properties?.[step] : itemOf(schema)
    if (!isSchema(member)) return part
    current = { schema: member, definitions: part.definitions }
  }
  return current
}

function itemOf(schema: Schema): unknown {
  return kindOf(schema) === 'array' ? schema.items : undefined
}

function containerOf(part: ModelPart): { member: string; row: ModelPart } | undefined {
  const { definitions } = part
  const members = properties({ schema: resolved(part), definitions })
  const lists = members.flatMap(([member, schema]) => {
    const list = { schema, definitions }
    if (kindOf(resolved(list)) !== 'array') return []
    const row = itemsOf(list)
    return kindOf(resolved(row)) === 'object' ? [{ member, row }] : []
  })
  const named = lists.find(({ member }) => CONTAINERS.test(member))
  return named ?? (lists.length === 1 && members.length <= 8 ? lists[0] : undefined)
}

/** `response.sampleData`, below the root when it shows what stands around it. */
function sampleValue({ response }: Resource, steps: readonly RootStep[]): unknown {
  const text = response?.['sampleData']
  if (typeof text !== 'string' || text.length > SAMPLE_CHARACTERS || isTooDeep(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return valueAt(value, steps) ?? value
  } catch {
    // authors write samples that are no JSON; then there is none
    return undefined
  }
}

function rows(sample: unknown): Row[] {
  const list = Array.isArray(sample) ? sample : [sample]
  return list.filter((row): row is Row => isSchema(row)).slice(0, SAMPLE_ROWS)
}

function kindOfSample(sample: unknown): ResponseModel['kind'] {
  if (Array.isArray(sample)) return 'list'
  return isSchema(sample) ? 'object' : 'unknown'
}
