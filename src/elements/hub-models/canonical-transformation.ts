import type { ConfigurationEntry, EffectiveTransformation, MappedField } from '../../model/common-resource.ts'
import type { Element, Schema } from '../../model/element.ts'
import { type Operations, operationsOn, takes } from './canonical-operations.ts'
import type { CanonicalField, CanonicalObject, CanonicalOrigin, CanonicalSource } from './hub-model.ts'
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
  const { vendorPath } = origin
  const dates = datesOf(field, origin, operations)
  const vendorType = dates ? 'date' : (origin.vendorType ?? vendorTypeAt(operations, vendorPath))
  const configuration: ConfigurationEntry[] = []
  if (origin.readOnly || !isWritable(field, vendorPath, operations))
    configuration.push({ type: 'remove', properties: { fromVendor: false, toVendor: true } })
  if (dates) configuration.push({ type: 'transformDate', properties: dates })
  return {
    path: field.path,
    // a date that is written the same way on both sides is handed on as it is
    type: field.type === 'date' && !dates ? 'string' : field.type,
    vendorPath,
    ...(vendorType === undefined ? {} : { vendorType }),
    level: 'system',
    configuration,
  }
}

function isWritable(field: CanonicalField, vendorPath: string, { create, update, replace }: Operations): boolean {
  return !field.isReadOnly && [create, update, replace].some((resource) => takes(resource, vendorPath))
}

const DAY = 'yyyy-MM-dd'

/** How both sides write a date, where they differ: as the source says, or a day on one side and a time on the other. */
function datesOf(
  field: CanonicalField,
  { vendorPath, vendorPattern }: CanonicalOrigin,
  operations: Operations,
): Record<string, string> | undefined {
  if (field.type !== 'date') return undefined
  const pattern: Record<string, string> = field.format === 'date' ? { pattern: DAY } : {}
  if (vendorPattern) return { ...pattern, vendorPattern }
  const vendorFormat = schemasAt(operations, vendorPath).find(({ format }) => format)?.format
  if (vendorFormat === field.format) return undefined
  if (vendorFormat === 'date') return { ...pattern, vendorPattern: DAY }
  return vendorFormat === 'date-time' ? pattern : undefined
}

const VENDOR_TYPES: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
}

/** As the element's models tell: an id that is text in the hub's model goes back as the number it was. */
function vendorTypeAt(operations: Operations, path: string): string | undefined {
  const { type } =
    schemasAt(operations, path).find((schema) => schema.type && Object.hasOwn(VENDOR_TYPES, schema.type)) ?? {}
  return type === undefined ? undefined : VENDOR_TYPES[type]
}

function schemasAt(operations: Operations, path: string): Schema[] {
  return Object.values(operations).flatMap(({ model }) => {
    const schema = schemaAt(model?.swagger, model?.name, path)
    return schema ? [schema] : []
  })
}
