import type { ConfigurationEntry, EffectiveTransformation, MappedField } from '../../model/common-resource.ts'
import type { Element } from '../../model/element.ts'
import { type Operations, operationsOn, takes } from './canonical-operations.ts'
import type { CanonicalField, CanonicalObject, CanonicalSource } from './hub-model.ts'
import { schemaAt } from './schema-at.ts'

/**
 * An object of a hub model as a transformation like those of common resources: nothing but the model's fields in either
 * direction. What no request of the element takes never reaches the vendor.
 */
export function canonicalTransformation(
  element: Element,
  object: CanonicalObject,
  source: CanonicalSource,
): EffectiveTransformation {
  const operations = operationsOn(element, source.resource)
  return {
    objectName: object.name,
    vendorName: source.resource.slice(1),
    isLegacy: false,
    configuration: [{ type: 'passThrough', properties: { fromVendor: false, toVendor: false } }],
    fields: object.fields.flatMap((field) => mappedField(field, source, operations) ?? []),
    script: undefined,
  }
}

function mappedField(field: CanonicalField, source: CanonicalSource, operations: Operations): MappedField | undefined {
  const origin = source.fields.get(field.path)
  if (!origin) return undefined
  const { vendorPath, vendorPattern } = origin
  const vendorType = vendorPattern ? 'date' : (origin.vendorType ?? vendorTypeAt(operations, vendorPath))
  const configuration: ConfigurationEntry[] = []
  if (!isWritable(field, vendorPath, operations))
    configuration.push({ type: 'remove', properties: { fromVendor: false, toVendor: true } })
  if (vendorPattern)
    configuration.push({ type: 'transformDate', properties: { ...PATTERN[field.format ?? ''], vendorPattern } })
  return {
    path: field.path,
    // a date without a pattern is handed on as the vendor writes it
    type: field.type === 'date' && !vendorPattern ? 'string' : field.type,
    vendorPath,
    ...(vendorType === undefined ? {} : { vendorType }),
    level: 'system',
    configuration,
  }
}

function isWritable(field: CanonicalField, vendorPath: string, { create, update, replace }: Operations): boolean {
  return !field.isReadOnly && [create, update, replace].some((resource) => takes(resource, vendorPath))
}

const PATTERN: Readonly<Record<string, { pattern: string }>> = { date: { pattern: 'yyyy-MM-dd' } }

const VENDOR_TYPES: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
}

/** As the element's models tell: an id that is text in the hub's model goes back as the number it was. */
function vendorTypeAt(operations: Operations, path: string): string | undefined {
  for (const { model } of Object.values(operations)) {
    const schema = schemaAt(model?.swagger, model?.name, path)
    if (schema?.type && Object.hasOwn(VENDOR_TYPES, schema.type)) return VENDOR_TYPES[schema.type]
  }
  return undefined
}
