import { customFieldsOf, customFieldsResource } from '../elements/custom-fields.ts'
import { type ElementObject, findObject } from '../elements/element-objects.ts'
import type { FieldMetadata } from '../elements/field-metadata.ts'
import { objectFields } from '../elements/object-fields.ts'
import { pathBelowHub } from '../engine/resource-types.ts'
import { ValenceError } from '../errors.ts'
import type { ResourceCall, ResourceReply } from '../model/exchange.ts'
import { isObject } from '../model/is-object.ts'
import type { Mappings } from '../resources/mappings.ts'
import type { Mapping } from '../transform/mapping.ts'
import { type Ask, askAllPages, decodedBody } from './ask-all-pages.ts'
import type { Instance } from './instance.ts'
import { mappingOwner } from './mapping-owner.ts'

/**
 * `GET /objects/{objectName}/metadata` (spec 23 §B2). A common resource of that name comes first, as it does in calls; then
 * the element's own resource with its hooks, then its document with what the vendor says of custom fields.
 *
 * @throws ValenceError OBJECT_NOT_FOUND; whatever a vendor's refusal is
 */
export async function discoverFields(
  { mappings, ask }: { mappings: Mappings; ask: Ask },
  instance: Instance,
  call: ResourceCall,
  objectName: string,
): Promise<ResourceReply> {
  const mapping = await mappings.of(mappingOwner(instance), objectName)
  const fields = mapping
    ? await mappedFields(ask, instance, call, mapping)
    : await vendorFields(ask, instance, call, objectName)
  const { customFieldsOnly, includePath } = call.query
  const wanted = isTrue(customFieldsOnly) ? fields.filter(({ custom }) => custom === true) : fields
  const isBare = String(includePath).toLowerCase() === 'false' && !mapping
  const body = { fields: isBare ? wanted.map(({ path: _path, ...field }) => field) : wanted }
  return { status: 200, headers: {}, body }
}

/**
 * Rows of an answer in the shape of the specification.
 * @throws ValenceError VENDOR_REPLY_INVALID for anything else
 */
export function fieldsIn(reply: Pick<ResourceReply, 'body'>, objectName: string): FieldMetadata[] {
  const value = decodedBody(reply)
  const rows = isObject(value) ? value['fields'] : value
  if (!Array.isArray(rows)) {
    throw new ValenceError('VENDOR_REPLY_INVALID', `The metadata of "${objectName}" has no list "fields"`)
  }
  return rows.filter(isObject).flatMap((row) => {
    const { vendorPath = row['path'], type = 'unknown' } = row
    if (typeof vendorPath !== 'string') return []
    return [{ path: vendorPath, ...row, vendorPath, type: typeof type === 'string' ? type : 'unknown' }]
  })
}

/** Exactly what is mapped; everything else about a field is the vendor's. */
async function mappedFields(
  ask: Ask,
  instance: Instance,
  call: ResourceCall,
  { vendorName, fields }: Mapping,
): Promise<FieldMetadata[]> {
  const vendor = await vendorFields(ask, instance, call, vendorName).catch((error: unknown) => {
    // a native object that nobody describes may be mapped all the same
    if (isNotFound(error)) return []
    throw error
  })
  const byPath = new Map(vendor.map((field) => [plainPath(field.vendorPath), field]))
  return fields.map(({ path, vendorPath, type }) => {
    const field = byPath.get(plainPath(vendorPath))
    return { ...(field ?? { type }), path, vendorPath }
  })
}

async function vendorFields(
  ask: Ask,
  instance: Instance,
  call: ResourceCall,
  objectName: string,
): Promise<FieldMetadata[]> {
  const { element } = instance.plan
  const told = await toldFields(ask, instance, call, objectName)
  if (Array.isArray(told)) return told
  const object = findObject(element, objectName)
  if (object) return merged(objectFields(object), await customFields(ask, instance, call, object))
  throw (
    told ??
    new ValenceError(
      'OBJECT_NOT_FOUND',
      `${element.name} has no object "${objectName}"; GET /objects lists what there is`,
    )
  )
}

/**
 * What the element's own resource answers.
 * @returns its 404 where it does not know the object, which the document still may; undefined when there is no such resource
 */
async function toldFields(
  ask: Ask,
  instance: Instance,
  call: ResourceCall,
  objectName: string,
): Promise<FieldMetadata[] | ValenceError | undefined> {
  const path = `/objects/${encodeURIComponent(objectName)}/metadata`
  const own = instance.plan.resources.find('GET', path)?.value.resource
  if (!own || !/^\/objects\/[^/]+\/metadata$/.test(pathBelowHub(own.path))) return undefined
  try {
    return fieldsIn(await ask(instance, { ...call, path }), objectName)
  } catch (error) {
    if (isNotFound(error)) return error
    throw error
  }
}

/** What the vendor says when the element declares where it says it. */
async function customFields(
  ask: Ask,
  instance: Instance,
  call: ResourceCall,
  object: ElementObject,
): Promise<FieldMetadata[]> {
  const found = customFieldsResource(instance.plan.element, object)
  if (!found) return []
  const path = pathBelowHub(found.resource.path)
  const rows = await askAllPages(ask, instance, { ...call, path, query: {} })
  return customFieldsOf(found.declaration, object, rows)
}

/** What the vendor says of a field that the models know counts. */
function merged(known: readonly FieldMetadata[], custom: readonly FieldMetadata[]): FieldMetadata[] {
  const byPath = new Map(known.map((field) => [field.vendorPath, field]))
  for (const field of custom) byPath.set(field.vendorPath, { ...byPath.get(field.vendorPath), ...field })
  return [...byPath.values()]
}

function isNotFound(error: unknown): error is ValenceError {
  return error instanceof ValenceError && error.status === 404
}

function plainPath(path: string): string {
  return path.replaceAll('[*]', '')
}

function isTrue(value: string | string[] | undefined): boolean {
  return String(value).toLowerCase() === 'true'
}
