import { ownValue } from '../../model/own-value.ts'
import { namedType, referenceTo, referredName } from './clean-schema.ts'
import { definitionNames } from './definition-names.ts'
import type { Api, JsonSchema } from './swagger.ts'

/** A field by the path of its value: dots lead into objects, `[*]` into lists (spec 20 §9.2). */
export interface PathField {
  path: string
  type?: string | undefined
  /** more members of its schema */
  more?: JsonSchema
}

interface Node {
  isList: boolean
  field: PathField | undefined
  members: Map<string, Node>
}

/** deeper paths are nobody's records, and would end the stack */
const MAX_STEPS = 50
const STEP = /[^.[\]]+|\[[^\]]*\]/g

/** `a.b`, `list[*].id` and their like as one nested object. */
export function objectOf(fields: readonly PathField[]): JsonSchema {
  return schemaOfNode(treeOf(fields))
}

/**
 * Fields that an instance has beside the model: plain ones become properties of the definition, those of an object a
 * definition of its own, named like it (spec 23 §A6).
 */
export function addFields(
  definitions: Api['definitions'],
  name: string,
  fields: readonly PathField[],
): Api['definitions'] {
  const target = ownValue(definitions, name)
  if (!target || fields.length === 0) return definitions
  const known = (target['properties'] ?? {}) as Record<string, JsonSchema>
  const added: [string, JsonSchema][] = []
  const properties = new Map(Object.entries(known))
  for (const [member, node] of treeOf(fields).members) {
    const schema = schemaOfNode(node)
    if (node.members.size === 0) {
      properties.set(member, schema)
      continue
    }
    const inner = node.isList ? (schema['items'] as JsonSchema) : schema
    const object = referredName(ownValue(known, member) ?? {}) ?? freeName(member, definitions)
    added.push([object, merged(ownValue(definitions, object), inner)])
    properties.set(member, node.isList ? { type: 'array', items: referenceTo(object) } : referenceTo(object))
  }
  const changed = { ...target, properties: Object.fromEntries(properties) }
  return { ...definitions, ...Object.fromEntries(added), [name]: changed }
}

function treeOf(fields: readonly PathField[]): Node {
  const root: Node = { isList: false, field: undefined, members: new Map() }
  for (const field of fields) {
    let node = root
    for (const step of (field.path.match(STEP) ?? []).slice(0, MAX_STEPS)) {
      if (step.startsWith('[')) {
        node.isList = true
        continue
      }
      const next = node.members.get(step) ?? { isList: false, field: undefined, members: new Map() }
      node.members.set(step, next)
      node = next
    }
    if (node !== root) node.field = field
  }
  return root
}

function schemaOfNode({ isList, field, members }: Node): JsonSchema {
  const own =
    members.size > 0
      ? { type: 'object', properties: Object.fromEntries([...members].map(([name, one]) => [name, schemaOfNode(one)])) }
      : leaf(field)
  const list = isList && own['type'] !== 'array'
  return { ...(list ? { type: 'array', items: own } : own), ...field?.more }
}

function leaf(field: PathField | undefined): JsonSchema {
  const type = namedType(field?.type ?? 'string') ?? { type: 'string' }
  return type['type'] === 'array' ? { type: 'array', items: { type: 'string' } } : type
}

function merged(existing: JsonSchema | undefined, added: JsonSchema): JsonSchema {
  if (!existing) return added
  return { ...existing, properties: { ...(existing['properties'] as object), ...(added['properties'] as object) } }
}

function freeName(wanted: string, definitions: Api['definitions']): string {
  const [name = wanted] = definitionNames([wanted]).values()
  let free = name
  for (let count = 2; Object.hasOwn(definitions, free); count++) free = `${name}_${count}`
  return free
}
