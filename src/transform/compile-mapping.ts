import type { EffectiveTransformation, MappedField } from '../model/common-resource.ts'
import { isObject } from '../model/is-object.ts'
import { mapNested, startRecord } from './bounded-work.ts'
import { compileRecord } from './compile-record.ts'
import { type Direction, entryOf, flagOf } from './configuration-entries.ts'
import { dateConversion } from './date-conversion.ts'
import { type ConvertObject, fieldRule, isDropped } from './field-rule.ts'
import type { Mapping } from './mapping.ts'
import { compileUnmapped } from './unmapped.ts'

/**
 * A transformation as functions (spec 20 §8, §9, §11.1). Everything that it says is decided here, when a direction is first
 * used; a record is then only walked, each common way of its paths once.
 *
 * Start reading with `path.ts` (what a path is) and `compile-record.ts` (how two of them are matched); levels are resolved
 * by `resolve-levels.ts`. Scripts and the null filter are the caller's affair.
 *
 * @param nested mapping of another definition whose name is the type of a field; undefined when it has none for the
 *   element, then such objects are copied. Asked at the first record, so that definitions may name each other
 */
export function compileMapping(
  effective: EffectiveTransformation,
  nested: (typeName: string) => Mapping | undefined = () => undefined,
): Mapping {
  const fields = effective.fields.flatMap((field) => {
    const { path, vendorPath, type } = field
    const isShown = vendorPath && !(isDropped(field, 'fromVendor') && isDropped(field, 'toVendor'))
    return isShown ? [{ path, vendorPath, type }] : []
  })
  const { vendorAttribute, vendorValue } = compileQuery(effective.fields)
  return {
    objectName: effective.objectName,
    vendorName: effective.vendorName ?? effective.objectName,
    fromVendor: compileBothNulls(effective, 'fromVendor', nested),
    toVendor: compileBothNulls(effective, 'toVendor', nested),
    vendorAttribute,
    vendorValue,
    script: effective.script,
    isLegacy: effective.isLegacy,
    runsOnWhere: entryOf(effective.configuration, 'applyJSOnQueryFieldValue') !== undefined,
    fields,
    isDocumented: entryOf(effective.configuration, 'addToDocumentation') !== undefined,
  }
}

type MapRecord = (record: unknown, keepsNulls?: boolean) => unknown
type Nested = (typeName: string) => Mapping | undefined

function compileBothNulls(effective: EffectiveTransformation, direction: Direction, nested: Nested): MapRecord {
  let without: MapRecord | undefined
  let withNulls: MapRecord | undefined
  return (record, keepsNulls = false) => {
    if (!isObject(record)) return record
    startRecord()
    if (keepsNulls) {
      withNulls ??= compileDirection(effective, direction, nested, true)
      return withNulls(record)
    }
    without ??= compileDirection(effective, direction, nested, false)
    return without(record)
  }
}

function compileDirection(
  { fields, configuration }: EffectiveTransformation,
  direction: Direction,
  nested: Nested,
  keepsNulls: boolean,
): (record: unknown) => unknown {
  const convertObject = objectConverter(direction, nested, keepsNulls)
  const rules = fields.flatMap((field) => fieldRule(field, direction, convertObject) ?? [])
  const keepsUnmapped = flagOf(entryOf(configuration, 'passThrough'), direction) ?? true
  const written = rules.flatMap((rule) => (rule.target ? [{ ...rule, target: rule.target }] : []))
  const write = compileRecord(written, { keepsNulls, keepsUnmapped })
  if (!keepsUnmapped) return (record) => write(record, undefined) ?? {}
  const unmapped = compileUnmapped(rules.flatMap(({ source }) => source ?? []))
  return (record) => write(record, unmapped(record)) ?? {}
}

/** Types that name a definition (spec 20 §9.1). */
function objectConverter(direction: Direction, nested: Nested, keepsNulls: boolean): ConvertObject {
  return (typeName) => {
    let mapping: { of: Mapping | undefined } | undefined
    return (value) => {
      mapping ??= { of: nested(typeName) }
      const { of } = mapping
      return of ? mapNested(value, of.fields.length, (object) => of[direction](object, keepsNulls)) : value
    }
  }
}

/** Names and values of `where`, `fields` and `orderBy` (spec 20 §11.1). */
function compileQuery(fields: readonly MappedField[]): Pick<Mapping, 'vendorAttribute' | 'vendorValue'> {
  const exact = new Map<string, MappedField>()
  const withoutStars = new Map<string, MappedField>()
  for (const field of fields) {
    if (!field.vendorPath) continue
    if (!exact.has(field.path)) exact.set(field.path, field)
    const bare = field.path.replaceAll('[*]', '')
    if (!withoutStars.has(bare)) withoutStars.set(bare, field)
  }
  const fieldOf = (name: string) => exact.get(name) ?? withoutStars.get(name.replaceAll('[*]', ''))
  const conversions = new Map<MappedField, (value: unknown) => unknown>()
  for (const field of [...exact.values(), ...withoutStars.values()]) {
    const convert = dateConversion(field, 'toVendor')
    if (convert) conversions.set(field, convert)
  }
  return {
    vendorAttribute: (name) => fieldOf(name)?.vendorPath ?? name,
    vendorValue(name, text) {
      const field = fieldOf(name)
      const convert = field && conversions.get(field)
      if (!convert) return text
      startRecord()
      return String(convert(text))
    },
  }
}
