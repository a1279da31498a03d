import { ValenceError } from '../errors.ts'
import type { LevelTransformation } from '../model/common-resource.ts'
import type { Element } from '../model/element.ts'
import { isObject } from '../model/is-object.ts'
import { readLevelInput } from './read-transformation.ts'

/** What the element's document brings along, wider than every other level (spec 20 §4): by name of the object. */
export type DefaultTransformations = ReadonlyMap<string, LevelTransformation>

const known = new WeakMap<Element, DefaultTransformations>()

/**
 * Default transformations of an element: `defaultTransformations` and `transformations` of its document, each a list of transformations
 * with their `objectName` or a dictionary by it. What is no transformation is left out: documents are older than we are.
 */
export function defaultTransformations(element: Element): DefaultTransformations {
  const present = known.get(element)
  if (present) return present
  const found = new Map(
    [element['defaultTransformations'], element['transformations']].flatMap(entriesOf).flatMap(readEntry),
  )
  known.set(element, found)
  return found
}

function entriesOf(value: unknown): [unknown, unknown][] {
  if (Array.isArray(value))
    return value.map((item) => [isObject(item) ? (item['objectName'] ?? item['name']) : '', item])
  return isObject(value) ? Object.entries(value) : []
}

function readEntry([name, value]: [unknown, unknown]): [string, LevelTransformation][] {
  if (typeof name !== 'string' || name === '' || !isObject(value)) return []
  try {
    const { vendorName, isLegacy, configuration, fields, script } = readLevelInput(value)
    const level = 'system' as const
    const transformation = {
      level,
      ...(vendorName === undefined ? {} : { vendorName }),
      ...(isLegacy === undefined ? {} : { isLegacy }),
      configuration: configuration.map((entry) => ({ ...entry, level })),
      fields: fields.map((field) => ({ type: 'string', ...field, level })),
      ...(script ? { script: { ...script, level } } : {}),
    }
    return [[name, transformation]]
  } catch (error) {
    if (error instanceof ValenceError) return []
    throw error
  }
}
