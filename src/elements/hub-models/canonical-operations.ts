import { pathBelowHub, typeOf } from '../../engine/resource-types.ts'
import type { Element, Resource, ResourceModel } from '../../model/element.ts'
import { schemaAt } from './schema-at.ts'

export const OPERATIONS = ['list', 'read', 'create', 'update', 'replace', 'delete'] as const
export type Operation = (typeof OPERATIONS)[number]

export type Operations = Partial<Record<Operation, Resource>>

const VERBS: Readonly<Record<Operation, { method: string; isOfItem: boolean }>> = {
  list: { method: 'GET', isOfItem: false },
  read: { method: 'GET', isOfItem: true },
  create: { method: 'POST', isOfItem: false },
  update: { method: 'PATCH', isOfItem: true },
  replace: { method: 'PUT', isOfItem: true },
  delete: { method: 'DELETE', isOfItem: true },
}

/**
 * The resources of an element that are the operations on one collection.
 * @param path of the collection, below the hub: `/contacts`
 */
export function operationsOn(element: Element, path: string): Operations {
  const found: Operations = {}
  for (const resource of element.resources) {
    if (typeOf(resource) !== 'api') continue
    const below = pathBelowHub(resource.path)
    for (const operation of OPERATIONS) {
      const { method, isOfItem } = VERBS[operation]
      const isIts = isOfItem ? isItemOf(below, path) : below === path
      if (isIts && resource.method === method) found[operation] ??= resource
    }
  }
  return found
}

function isItemOf(below: string, collection: string): boolean {
  return below.startsWith(`${collection}/{`) && /^\{[^{}/]+\}$/.test(below.slice(collection.length + 1))
}

/** Whether answers of a resource carry a path. A model that does not tell its members says nothing against one. */
export function answers({ model }: Resource, path: string): boolean {
  return !hasMembers(model?.swagger, model?.name) || schemaAt(model?.swagger, model?.name, path) !== undefined
}

/** Whether requests of it may give the path; the same of a model that tells nothing. */
export function takes(resource: Resource | undefined, path: string): boolean {
  if (!resource) return false
  const { requestSwagger, requestName } = resource.model ?? {}
  if (!hasMembers(requestSwagger, requestName)) return true
  const schema = schemaAt(requestSwagger, requestName, path)
  return schema !== undefined && schema['readOnly'] !== true
}

/** Paths of what a request cannot do without, as its model says; what is required within something optional is not among them. */
export function requiredOf(resource: Resource | undefined): string[] {
  const { requestSwagger, requestName } = resource?.model ?? {}
  return requiredBelow(requestSwagger, requestName, '')
}

function requiredBelow(definitions: ResourceModel['swagger'], name: string | undefined, path: string): string[] {
  const schema = path === '' ? definitions?.[name ?? ''] : schemaAt(definitions, name, path)
  if (!schema?.required || path.split('.').length > 5) return []
  return schema.required.flatMap((member) => {
    const at = path === '' ? member : `${path}.${member}`
    const below = requiredBelow(definitions, name, at)
    return below.length > 0 ? below : [at]
  })
}

function hasMembers(definitions: ResourceModel['swagger'], name: string | undefined): boolean {
  const schema = name === undefined ? undefined : definitions?.[name]
  return schema?.properties !== undefined || schema?.items !== undefined
}
