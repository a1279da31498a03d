import type { EffectiveTransformation } from '../model/common-resource.ts'
import { isObject } from '../model/is-object.ts'
import { ownValue } from '../model/own-value.ts'
import { type Direction, entryOf, flagOf } from './configuration-entries.ts'
import type { Mapping } from './mapping.ts'

/**
 * A transformation as functions (spec 20 §9). Everything that it says is decided here; a record is then only walked.
 *
 * @param _nested mapping of another definition whose name is the type of a field, undefined when it has none for the element
 */
export function compileMapping(
  effective: EffectiveTransformation,
  _nested?: (typeName: string) => Mapping | undefined,
): Mapping {
  const fields = effective.fields.flatMap(({ path, vendorPath, type }) =>
    vendorPath ? [{ path, vendorPath, type }] : [],
  )
  const names = new Map(fields.map(({ path, vendorPath }) => [path, vendorPath]))
  return {
    objectName: effective.objectName,
    vendorName: effective.vendorName ?? effective.objectName,
    fromVendor: compileDirection(effective, 'fromVendor'),
    toVendor: compileDirection(effective, 'toVendor'),
    vendorAttribute: (name) => names.get(name) ?? name,
    vendorValue: (_name, text) => text,
    script: effective.script,
    isLegacy: effective.isLegacy,
    runsOnWhere: entryOf(effective.configuration, 'applyJSOnQueryFieldValue') !== undefined,
    fields,
    isDocumented: entryOf(effective.configuration, 'addToDocumentation') !== undefined,
  }
}

function compileDirection(effective: EffectiveTransformation, direction: Direction): (record: unknown) => unknown {
  const keepsUnmapped = flagOf(entryOf(effective.configuration, 'passThrough'), direction) ?? true
  const rules = effective.fields.flatMap(({ path, vendorPath }) => {
    if (!vendorPath) return []
    const [source, target] = direction === 'fromVendor' ? [vendorPath, path] : [path, vendorPath]
    return [{ source: source.split('.'), target: target.split('.') }]
  })
  const mapped = new Set(rules.map(({ source }) => source[0]))
  return (record) => {
    if (!isObject(record)) return record
    const result = keepsUnmapped ? Object.fromEntries(Object.entries(record).filter(([name]) => !mapped.has(name))) : {}
    for (const { source, target } of rules) write(result, target, read(record, source))
    return result
  }
}

function read(record: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (isObject(value) ? ownValue(value, name) : undefined), record)
}

function write(record: Record<string, unknown>, [name, ...rest]: readonly string[], value: unknown): void {
  if (name === undefined || name === '__proto__' || value === undefined || value === null) return
  if (rest.length === 0) {
    record[name] = value
    return
  }
  const held = ownValue(record, name)
  const inner = isObject(held) ? { ...held } : {}
  record[name] = inner
  write(inner, rest, value)
}
