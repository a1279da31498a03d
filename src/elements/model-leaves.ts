import type { Schema } from '../model/element.ts'

/** A value that a model describes, at the end of its path. */
export interface Leaf {
  /** `address.city`, `lines[*].unit.id` */
  path: string
  schema: Schema
  /** the definition that it stands in lists it in `required` */
  isRequired: boolean
}

/** definitions may name each other any number of times */
const MAX_LEAVES = 5_000
const MAX_DEPTH = 12
/** Longer ones cannot be mapped; long names inside each other would make thousands of paths as long as the element. */
const MAX_PATH_LENGTH = 500

type Definitions = Readonly<Record<string, Schema>>

/**
 * Leaves of a definition of OpenAPI 2 with the liberties of spec 11 §8.1: a definition may be named by `$ref` or in `type`,
 * and the root of a list stands for its items. An object without members, and one that would go round in a circle, is a leaf.
 * Paths that are too long to be mapped are left out.
 */
export function leavesOf(definitions: Definitions, rootName: string): Leaf[] {
  const root = resolve(definitions, { type: rootName })
  if (!root) return []
  const leaves: Leaf[] = []
  const item = root.schema.items ? resolve(definitions, root.schema.items) : undefined
  collect(definitions, (item ?? root).schema, '', [rootName, item?.name], leaves)
  return leaves
}

function collect(
  definitions: Definitions,
  { properties = {}, required }: Schema,
  prefix: string,
  open: readonly (string | undefined)[],
  into: Leaf[],
): void {
  const mustBe = new Set(Array.isArray(required) ? required : [])
  for (const [member, schema] of Object.entries(properties)) {
    if (into.length >= MAX_LEAVES) return
    if (typeof schema !== 'object' || schema === null) continue
    const path = prefix + member
    if (path.length > MAX_PATH_LENGTH) continue
    const { below, isList } = inside(definitions, schema)
    const goesDown = below?.schema.properties && open.length < MAX_DEPTH && !(below.name && open.includes(below.name))
    if (goesDown) collect(definitions, below.schema, `${path}${isList ? '[*]' : ''}.`, [...open, below.name], into)
    else
      into.push({
        path,
        schema: below ? { ...schema, type: isList ? 'array' : 'object' } : schema,
        isRequired: mustBe.has(member),
      })
  }
}

interface Resolved {
  schema: Schema
  /** of the definition, when it has one */
  name: string | undefined
}

/** The object that a property holds, or each item of its list; undefined for plain values. */
function inside(definitions: Definitions, schema: Schema): { below: Resolved | undefined; isList: boolean } {
  const own = resolve(definitions, schema)
  const items = own?.schema.items ?? schema.items
  if (items) return { below: objectIn(resolve(definitions, items)), isList: true }
  return { below: objectIn(own), isList: false }
}

function objectIn(resolved: Resolved | undefined): Resolved | undefined {
  return resolved && (resolved.name !== undefined || resolved.schema.properties) ? resolved : undefined
}

function resolve(definitions: Definitions, schema: Schema): Resolved | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined
  const reference = schema['$ref']
  const name = typeof reference === 'string' ? reference.replace(/^#\/definitions\//, '') : schema.type
  const isDefinition = typeof name === 'string' && Object.hasOwn(definitions, name)
  if (!isDefinition) return { schema, name: undefined }
  const found = definitions[name]
  return found && typeof found === 'object' ? { schema: found, name } : undefined
}
