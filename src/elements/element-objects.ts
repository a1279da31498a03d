import { pathBelowHub, typeOf } from '../engine/resource-types.ts'
import type { Element, Resource } from '../model/element.ts'
import { type Part, partsOf, textOf } from './part-kinds.ts'

/** A kind of record that an element deals in (spec 23 §B1). */
export interface ElementObject {
  name: string
  /** what the vendor calls it; the name where nobody said */
  vendorName: string
  /** `ceCanonical`: the element has a resource of that name; `vendor`: it is only reached as `/{objectName}` */
  type: 'ceCanonical' | 'vendor'
  /** documented resources of the collection and of its items */
  resources: readonly Resource[]
  /** entries of `objects` and `models` with that name */
  declared: readonly Part[]
}

/** First segments of paths that are no object: they stand beside the objects of every element (spec 23 §A5). */
const NO_OBJECTS = new Set(['ping', 'objects', 'bulk', 'query'])

/**
 * Objects by name: those of `objects` and `models`, and one for each collection that resources have. A collection below
 * another goes by one camel-cased name: `/lists/{id}/contacts` is `listsContacts` (spec 20 §4.1).
 */
export function elementObjects(element: Element): readonly ElementObject[] {
  const known = FOUND.get(element)
  if (known) return known
  // a list that answers another one's `where` has the records of that one
  const searches = new Set(element.resources.map(({ searchResource }) => searchResource))
  const own = element.resources.filter(({ method, path }) => !searches.has(`${method}:${path}`))
  const resources = Map.groupBy(own.filter(isDocumented), ({ path }) => objectNameOf(path))
  resources.delete('')
  const declared = Map.groupBy([...partsIn(element, 'objects'), ...partsIn(element, 'models')], nameOf)
  declared.delete('')
  const objects = [...new Set([...resources.keys(), ...declared.keys()])].map((name) =>
    objectOf(name, resources.get(name) ?? [], declared.get(name) ?? declaredLike(name, declared)),
  )
  const merged = objects.filter((object) => object.resources.length > 0 || !isNamedBy(object.name, resources))
  FOUND.set(element, merged)
  return merged
}

/** Elements never change once expanded. */
const FOUND = new WeakMap<Element, readonly ElementObject[]>()

/** Names in `GET /objects`: what is declared, and collections that can be listed at the top. */
export function listedObjects(element: Element): ElementObject[] {
  return elementObjects(element).filter(({ declared, resources }) => declared.length > 0 || resources.some(isTopList))
}

/**
 * The object that somebody names: exactly, else with dashes or in camel case (`credit-memos` is `creditMemos`), else by the
 * vendor's name in any case (spec 23 §B2).
 */
export function findObject(element: Element, name: string): ElementObject | undefined {
  const objects = elementObjects(element)
  const plain = plainName(name)
  return (
    objects.find((object) => object.name === name) ??
    objects.find((object) => plainName(object.name) === plain) ??
    objects.find(({ vendorName }) => vendorName.toLowerCase() === name.toLowerCase())
  )
}

/** `/hubs/crm/lists/{id}/contacts/{contactId}` → `listsContacts`; empty for what is no object. */
function objectNameOf(path: string): string {
  const segments = pathBelowHub(path).split('/').slice(1)
  const isVariable = (segment: string | undefined) => segment?.startsWith('{') === true
  const [first = ''] = segments
  if (isVariable(first) || NO_OBJECTS.has(first)) return ''
  const collection = isVariable(segments.at(-1)) ? segments.slice(0, -1) : segments
  const words = collection.filter((segment) => !isVariable(segment) && segment !== '')
  return words.map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('')
}

function objectOf(name: string, resources: readonly Resource[], declared: readonly Part[]): ElementObject {
  const vendorName = [
    ...declared.map((part) => textOf(part, 'vendorName')),
    ...resources.map((resource) => textOf(resource, 'vendorObjectName')),
    ...resources.map(({ objectName }) => objectName),
    ...resources.map(modelVendorName),
  ].find((found) => found)
  return {
    name,
    vendorName: vendorName ?? name,
    type: resources.length > 0 ? 'ceCanonical' : 'vendor',
    resources,
    declared,
  }
}

function modelVendorName({ model }: Resource): string | undefined {
  const root = model?.name === undefined ? undefined : model.swagger?.[model.name]
  const vendorName = root?.['x-vendor-objectname']
  return typeof vendorName === 'string' ? vendorName : undefined
}

/** What `objects` call `carts_billing-addresses` are the resources that we call `cartsBilling-addresses`. */
function declaredLike(name: string, declared: ReadonlyMap<string, readonly Part[]>): readonly Part[] {
  const plain = plainName(name)
  return [...declared].find(([other]) => plainName(other) === plain)?.[1] ?? []
}

function isNamedBy(name: string, resources: ReadonlyMap<string, unknown>): boolean {
  const plain = plainName(name)
  return [...resources.keys()].some((other) => plainName(other) === plain)
}

function plainName(name: string): string {
  return name.replaceAll(/[-_\s]/g, '').toLowerCase()
}

function isTopList({ method, path }: Resource): boolean {
  return method === 'GET' && /^\/[^/{}]+$/.test(pathBelowHub(path))
}

function isDocumented(resource: Resource): boolean {
  return typeOf(resource) === 'api'
}

function nameOf(part: Part): string {
  return textOf(part, 'name') ?? ''
}

function partsIn(element: Element, member: string): readonly Part[] {
  return partsOf(element, { member })
}
