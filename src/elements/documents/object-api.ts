import type { Element } from '../../model/element.ts'
import { definitionsOf } from './element-api.ts'
import { isOfObject, resourcesOfObject } from './object-names.ts'
import { onlyOperations, type Placed } from './pick-operation.ts'
import { reached } from './references.ts'
import { type Api, operationsOf } from './swagger.ts'

/**
 * The document of one object: its own paths, and what the models of these resources define (spec 23 §A6).
 * @param api of the whole element
 * @returns undefined when the element has no such object
 */
export function objectApi(api: Api, element: Element, objectName: string): Api | undefined {
  const resources = resourcesOfObject(element, objectName)
  if (resources.length === 0) return undefined
  const calls = new Set(resources.map(({ method, path }) => `${method} ${path}`))
  const operations: Placed[] = [...operationsOf(api)].filter(({ method, path }) => calls.has(`${method} ${path}`))
  const only = onlyOperations(api, operations)
  const named = definitionsOf(element, isOfObject(objectName))
  return { ...only, definitions: { ...reached(named, api.definitions), ...only.definitions } }
}
