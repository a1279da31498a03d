import type { MappedField } from '../model/common-resource.ts'
import { isObject } from '../model/is-object.ts'
import { elementsOf } from './bounded-work.ts'
import { type Direction, entryOf, flagOf, saysNothing } from './configuration-entries.ts'
import { dateConversion } from './date-conversion.ts'
import { isDateMask } from './date-mask.ts'
import { isWritable, type Path, parsePath, type Step } from './path.ts'
import { type Convert, conversionTo, elementType, listOf } from './value-types.ts'

/** One field in one direction. */
export interface FieldRule {
  /** undefined: nothing to read, only a default to write */
  source: Path | undefined
  /** undefined: the field is dropped in this direction */
  target: readonly Step[] | undefined
  convert: Convert | undefined
  /** what is written when the source has no value; undefined for none */
  fallback: unknown
}

/** An object of a type that is the name of another definition, in the words of the other side (spec 20 §9.2). */
export type ConvertObject = (typeName: string) => (value: object) => unknown

/**
 * What a field means in one direction (spec 20 §8.2).
 * @returns undefined when it means nothing there: no path on one of the sides, or one that cannot be written to
 */
export function fieldRule(
  field: MappedField,
  direction: Direction,
  convertObject: ConvertObject,
): FieldRule | undefined {
  const common = parsePath(field.path)
  const vendor = field.vendorPath ? parsePath(field.vendorPath) : undefined
  const [source, target] = direction === 'fromVendor' ? [vendor, common] : [common, vendor]
  if (isDropped(field, direction)) {
    // a field without a vendor's name is dropped under its own
    return { source: source ?? common, target: undefined, convert: undefined, fallback: undefined }
  }
  if (!target || !isWritable(target)) return undefined
  const fallback = fallbackOf(field, direction)
  if (!source && fallback === undefined) return undefined
  const convert = conversionOf(field, direction, convertObject)
  const isList = target.steps.at(-1)?.kind === 'each'
  return {
    source,
    target: isList ? target.steps.slice(0, -1) : target.steps,
    convert:
      isList && elementType(targetType(field, direction) ?? '') === undefined
        ? (value) => listOf(value, convert)
        : convert,
    fallback: fallback === undefined || !isList ? fallback : listOf(fallback, undefined),
  }
}

/** `remove`, or the older `passThrough` with false. */
export function isDropped({ configuration }: MappedField, direction: Direction): boolean {
  const remove = entryOf(configuration, 'remove')
  if (remove && (flagOf(remove, direction) ?? saysNothing(remove))) return true
  return flagOf(entryOf(configuration, 'passThrough'), direction) === false
}

function fallbackOf(field: MappedField, direction: Direction): unknown {
  const value = entryOf(field.configuration, 'defaultValue')?.properties?.[direction]
  if (value === undefined || value === null) return undefined
  const convert = conversionTo(targetType(field, direction) ?? field.type)
  return convert && !isObject(value) ? convert(value) : value
}

function targetType(field: MappedField, direction: Direction): string | undefined {
  return direction === 'fromVendor' ? field.type : field.vendorType
}

function conversionOf(field: MappedField, direction: Direction, convertObject: ConvertObject): Convert | undefined {
  const type = targetType(field, direction)
  const plain = dateConversion(field, direction) ?? (type === undefined ? undefined : conversionTo(type))
  const ofElements = elementType(field.type)
  const name = (ofElements ?? field.type).trim()
  if (isBuiltIn(name)) return plain
  const ofObject = convertObject(name)
  const convertOne = (value: unknown) => (isObject(value) ? ofObject(value) : value)
  return (value) => {
    if (Array.isArray(value)) return elementsOf(value)?.map(convertOne) ?? value
    if (isObject(value)) return ofElements === undefined ? ofObject(value) : [ofObject(value)]
    return plain ? plain(value) : value
  }
}

function isBuiltIn(type: string): boolean {
  return type === '' || type.toLowerCase() === 'object' || conversionTo(type) !== undefined || isDateMask(type)
}
