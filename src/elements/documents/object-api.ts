import type { Element } from '../../model/element.ts'
import { findObject } from '../element-objects.ts'
import type { FieldMetadata } from '../field-metadata.ts'
import { objectFields } from '../object-fields.ts'
import { addCommonResources, basesOf, type DocumentedMapping } from './add-common-resources.ts'
import { callOf, documentedResources } from './element-api.ts'
import { inSlices } from './in-slices.ts'
import { onlyOperations } from './pick-operation.ts'
import { reached } from './references.ts'
import { type Api, operationsOf } from './swagger.ts'

/**
 * The document of one object: its own paths, and what the models of these resources define (spec 23 §A6). One that
 * has no resources of its own is called by the generic ones.
 * @param api of the whole element
 * @returns undefined when the element has no such object
 */
export async function objectApi(api: Api, element: Element, objectName: string): Promise<Api | undefined> {
  const object = findObject(element, objectName)
  if (!object) return undefined
  if (object.resources.length === 0) {
    return mappedApi(api, nativeObject(object.name, objectFields(object)))
  }
  const calls = new Set(
    documentedResources(element)
      .filter(({ resource }) => object.resources.includes(resource))
      .map(callOf),
  )
  const only = onlyOperations(
    api,
    [...operationsOf(api)].filter((placed) => calls.has(callOf(placed))),
  )
  const brought = [...calls].flatMap((call) => api.brings?.get(call) ?? [])
  return { ...only, definitions: { ...reached(brought, api.definitions), ...only.definitions } }
}

/** An object of the vendor that no resource is made for, as a mapping to itself. */
export function nativeObject(name: string, fields: readonly FieldMetadata[]): DocumentedMapping {
  const own = fields.map(({ path, vendorPath, type }) => ({ path: path ?? vendorPath, vendorPath, type }))
  return { objectName: name, vendorName: name, fields: own }
}

/** The document of a common resource alone, or of an object that only the vendor knows. */
export async function mappedApi(api: Api, mapping: DocumentedMapping): Promise<Api | undefined> {
  const calls = new Set(basesOf(api, mapping).map(({ method, newPath }) => `${method} ${newPath}`))
  if (calls.size === 0) return undefined
  const whole = await inSlices(addCommonResources(api, [mapping]))
  return onlyOperations(
    whole,
    [...operationsOf(whole)].filter(({ method, path }) => calls.has(`${method} ${path}`)),
  )
}
