import Type from 'typebox'
import type { ConfigurationEntry, LevelTransformation, MappedField, MappingScript } from '../model/common-resource.ts'
import type { Element } from '../model/element.ts'
import { isPart, type Part, textOf } from './part-kinds.ts'

/** A transformation that came with the element: what applies where no level of a customer says anything. */
export interface DefaultTransformation extends LevelTransformation {
  level: 'system'
  objectName: string
}

const open = { additionalProperties: true } as const

export const ShownTransformation = Type.Unsafe<Part>(
  Type.Object(
    {
      objectName: Type.String({ description: 'Common name' }),
      vendorName: Type.Optional(Type.String({ description: 'Resource of the element, or object of the vendor' })),
      level: Type.String({ description: '`system`: it came with the element' }),
      elementId: Type.Integer(),
      elementKey: Type.String(),
      isLegacy: Type.Boolean({ description: 'The script ends with `return`, not with `done()`' }),
      configuration: Type.Array(Type.Object({ type: Type.String() }, open)),
      fields: Type.Array(Type.Object({ path: Type.String(), type: Type.String(), level: Type.String() }, open)),
    },
    { ...open, title: 'DefaultTransformation' },
  ),
)

/**
 * Transformations that an element's document carries (spec 20 §4): `defaultTransformations` and `transformations`, each a
 * list of objects with `objectName`, or an object by that name as `GET /organizations/elements/{K}/transformations`
 * answers it. Of two with one name that of `transformations` counts. Whatever is not of the shape is left out: documents
 * are taken as they come.
 *
 * The one reader: resolution takes these as its widest level, handed in before `system` itself.
 */
export function defaultTransformations(element: Element): ReadonlyMap<string, DefaultTransformation> {
  let known = READ.get(element)
  if (!known) {
    const named = [...entriesOf(element['defaultTransformations']), ...entriesOf(element['transformations'])]
    known = new Map(named.map(([objectName, entry]) => [objectName, transformationOf(objectName, entry)]))
    READ.set(element, known)
  }
  return known
}

/** Elements never change once expanded. */
const READ = new WeakMap<Element, ReadonlyMap<string, DefaultTransformation>>()

/** One of them as answers show it (spec 20 §4.1). */
export function showDefaultTransformation(element: Element, transformation: DefaultTransformation): Part {
  const { level, isLegacy = false, ...rest } = transformation
  return { level, elementId: element.id, elementKey: element.key, isLegacy, ...rest }
}

function entriesOf(value: unknown): [objectName: string, entry: Part][] {
  if (Array.isArray(value)) {
    return value.filter(isPart).flatMap((entry) => {
      const name = textOf(entry, 'objectName') ?? textOf(entry, 'name')
      return name ? [[name, entry]] : []
    })
  }
  return isPart(value) ? Object.entries(value).filter((pair): pair is [string, Part] => isPart(pair[1])) : []
}

function transformationOf(objectName: string, entry: Part): DefaultTransformation {
  const vendorName = textOf(entry, 'vendorName')
  const script = scriptOf(entry)
  return {
    level: 'system',
    objectName,
    ...(vendorName ? { vendorName } : {}),
    ...(typeof entry['isLegacy'] === 'boolean' ? { isLegacy: entry['isLegacy'] } : {}),
    configuration: configurationOf(entry),
    fields: partsIn(entry['fields']).flatMap(fieldOf),
    ...(script ? { script } : {}),
  }
}

function fieldOf(field: Part): MappedField[] {
  const path = textOf(field, 'path')
  if (!path) return []
  const vendorPath = textOf(field, 'vendorPath')
  const vendorType = textOf(field, 'vendorType')
  const configuration = configurationOf(field)
  return [
    {
      path,
      type: textOf(field, 'type') || 'string',
      level: 'system',
      ...(vendorPath ? { vendorPath } : {}),
      ...(vendorType ? { vendorType } : {}),
      ...(configuration.length > 0 ? { configuration } : {}),
    },
  ]
}

/** Levels and owners in an export are somebody else's (spec 20 §4). */
function configurationOf(owner: Part): ConfigurationEntry[] {
  return partsIn(owner['configuration']).flatMap((entry) => {
    const type = textOf(entry, 'type')
    return type ? [{ type, ...(isPart(entry['properties']) ? { properties: entry['properties'] } : {}) }] : []
  })
}

/** Newer exports have one per level in `scripts`; the last is the narrowest. */
function scriptOf(entry: Part): MappingScript | undefined {
  const script = isPart(entry['script']) ? entry['script'] : partsIn(entry['scripts']).at(-1)
  const body = script && textOf(script, 'body')
  if (!script || !body?.trim()) return undefined
  return {
    body,
    mimeType: textOf(script, 'mimeType') || 'application/javascript',
    filterEmptyResponse: script['filterEmptyResponse'] === true,
  }
}

function partsIn(value: unknown): Part[] {
  return Array.isArray(value) ? value.filter(isPart) : []
}
