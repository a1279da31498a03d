import { createHash } from 'node:crypto'
import { customFieldsResource } from '../elements/custom-fields.ts'
import { type ElementEntry, elementNotFound } from '../elements/directory.ts'
import { addCommonResources } from '../elements/documents/add-common-resources.ts'
import { addFields, type PathField } from '../elements/documents/add-properties.ts'
import { referredName } from '../elements/documents/clean-schema.ts'
import type { Kept } from '../elements/documents/documents.ts'
import { documentOf, type ElementDocumentContext } from '../elements/documents/element-documents.ts'
import { mappedApi, nativeObject, objectApi } from '../elements/documents/object-api.ts'
import { isSameObject, objectOfPath } from '../elements/documents/object-names.ts'
import { findOperation, type Placed } from '../elements/documents/pick-operation.ts'
import { type Api, type JsonSchema, operationsOf } from '../elements/documents/swagger.ts'
import { elementObjects } from '../elements/element-objects.ts'
import type { FieldMetadata, ObjectMetadata } from '../elements/field-metadata.ts'
import { pathBelowHub } from '../engine/resource-types.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Mappings } from '../resources/mappings.ts'
import type { Mapping } from '../transform/mapping.ts'
import type { Instance } from './instance.ts'

/** What documents of instances are made of. */
export interface InstanceDocumentContext extends ElementDocumentContext {
  mappings: Mappings
  /** `GET /objects/{objectName}/metadata`; it may ask the vendor, so only on demand. */
  fieldsOf(
    caller: Caller,
    instance: Instance,
    objectName: string,
    options: { customFieldsOnly: boolean },
  ): Promise<ObjectMetadata>
}

/** so many objects of an element are asked of the vendor for one document */
const MAX_DISCOVERED_OBJECTS = 25
const DISCOVERED_AT_ONCE = 4

export async function entryOf({ elements }: ElementDocumentContext, instance: Instance): Promise<ElementEntry> {
  const { id } = instance.plan.element
  const entry = await elements.find(instance, id)
  if (!entry) throw elementNotFound(id)
  return entry
}

/** The document of the element with the common resources of the instance that are to be in it (spec 23 §A7). */
export async function instanceDocument(context: InstanceDocumentContext, instance: Instance): Promise<Kept> {
  const entry = await entryOf(context, instance)
  const base = await documentOf(context, entry)
  const all = await context.mappings.all(ownerOf(instance, entry))
  const mappings = all.filter(({ isDocumented }) => isDocumented).map(toDocumented)
  if (mappings.length === 0) return base
  const hash = createHash('sha256').update(JSON.stringify(mappings)).digest('base64url')
  return context.documents.of(`${base.key} with ${hash}`, () => addCommonResources(base.api, mappings))
}

/** The same with fields that only this instance has: of one operation's object, or of those that the element says can have some. */
export async function discoveredDocument(
  context: InstanceDocumentContext,
  caller: Caller,
  instance: Instance,
  operationId: string | undefined,
): Promise<Api> {
  const { api } = await instanceDocument(context, instance)
  const objects = operationId ? [objectOf(findOperation(api, operationId))] : objectsWithFields(instance)
  const wanted = objects.filter((name) => name !== undefined).slice(0, MAX_DISCOVERED_OBJECTS)
  let found = api
  for (let at = 0; at < wanted.length; at += DISCOVERED_AT_ONCE) {
    const batch = wanted.slice(at, at + DISCOVERED_AT_ONCE)
    const fields = await Promise.all(batch.map((name) => customFields(context, caller, instance, name)))
    batch.forEach((name, index) => {
      found = withCustomFields(found, name, fields[index] ?? [])
    })
  }
  return found
}

/**
 * The document of one object of an instance: a common resource, or an object of the element (spec 23 §A6).
 * @param options.discovery with the fields that only this instance has
 * @throws ValenceError NOT_FOUND (404)
 */
export async function objectDocument(
  context: InstanceDocumentContext,
  caller: Caller,
  instance: Instance,
  objectName: string,
  { discovery }: { discovery: boolean },
): Promise<Api> {
  const entry = await entryOf(context, instance)
  const { api } = await documentOf(context, entry)
  const mapping = await context.mappings.of(ownerOf(instance, entry), objectName)
  if (mapping) {
    const mapped = await mappedApi(api, toDocumented(mapping))
    if (mapped) return mapped
  }
  const known = await objectApi(api, entry.element, objectName)
  if (known)
    return discovery
      ? withCustomFields(known, objectName, await customFields(context, caller, instance, objectName))
      : known
  const found = await vendorObject(context, caller, instance, api, objectName)
  if (found) return found
  throw new ValenceError(
    'OBJECT_NOT_FOUND',
    `There is no object "${objectName}" to be documented; GET /objects lists objects`,
  )
}

/** An object that only the vendor knows, where the element has a resource that asks for it. */
async function vendorObject(
  context: InstanceDocumentContext,
  caller: Caller,
  instance: Instance,
  api: Api,
  objectName: string,
): Promise<Api | undefined> {
  const path = `/objects/${encodeURIComponent(objectName)}/metadata`
  const own = instance.plan.resources.find('GET', path)?.value.resource.path
  if (own === undefined || !pathBelowHub(own).startsWith('/objects/')) return undefined
  const { fields } = await context.fieldsOf(caller, instance, objectName, { customFieldsOnly: false })
  return mappedApi(api, nativeObject(objectName, fields))
}

/** None of an object that discovery does not know: the document may show more than there are objects. */
async function customFields(
  context: InstanceDocumentContext,
  caller: Caller,
  instance: Instance,
  objectName: string,
): Promise<readonly FieldMetadata[]> {
  try {
    const { fields } = await context.fieldsOf(caller, instance, objectName, { customFieldsOnly: true })
    return fields.filter(({ custom }) => custom === true)
  } catch (error) {
    if (error instanceof ValenceError && error.code === 'OBJECT_NOT_FOUND') return []
    throw error
  }
}

/** Only what the document shows: the rest may change without it. */
function toDocumented({ objectName, vendorName, fields }: Mapping) {
  return { objectName, vendorName, fields }
}

function ownerOf({ id, accountId, organizationId }: Instance, { element }: ElementEntry) {
  return { instanceId: id, accountId, organizationId, element }
}

function withCustomFields(api: Api, objectName: string, fields: readonly FieldMetadata[]): Api {
  const name = definitionOfObject(api, objectName)
  return name === undefined ? api : { ...api, definitions: addFields(api.definitions, name, fields.map(toField)) }
}

function toField({ path, vendorPath, type, vendorDisplayName }: FieldMetadata): PathField {
  const more = vendorDisplayName ? { more: { 'x-displayName': vendorDisplayName } } : {}
  return { path: path ?? vendorPath, type, ...more }
}

/** Named like the object, or what its list answers. */
function definitionOfObject(api: Api, objectName: string): string | undefined {
  const named = Object.keys(api.definitions).find((name) => isSameObject(name, objectName))
  if (named !== undefined) return named
  for (const { path, method, operation } of operationsOf(api)) {
    const object = objectOfPath(path)
    if (method !== 'get' || object === undefined || !isSameObject(object, objectName)) continue
    const schema = operation.responses['200']?.schema ?? {}
    const name = referredName((schema['items'] as JsonSchema | undefined) ?? schema)
    if (name !== undefined) return name
  }
  return undefined
}

function objectOf({ path }: Placed): string | undefined {
  return objectOfPath(path) === undefined
    ? undefined
    : path
        .split('/')
        .filter((segment) => segment !== '' && !segment.startsWith('{'))
        .join('-')
}

/** Objects that say so, and those whose custom fields a resource lists. */
function objectsWithFields({ plan: { element } }: Instance): string[] {
  return elementObjects(element)
    .filter(
      (object) =>
        customFieldsResource(element, object) !== undefined ||
        object.declared.some((declared) => declared['customFields'] === true),
    )
    .map(({ name }) => name)
}
