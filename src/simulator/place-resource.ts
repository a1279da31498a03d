import type { Resource } from '../model/element.ts'
import { answersList, isPlural } from './answers-list.ts'
import { aboveItem, type IdPlace, idNames, idVariable, namesObject } from './id-place.ts'
import type { Served } from './served-resources.ts'
import { hasVariable, vendorPath } from './vendor-path.ts'

export type Operation =
  | 'action'
  | 'list'
  | 'create'
  | 'read'
  | 'update'
  | 'delete'
  | 'upsert'
  | 'self'
  | 'single'
  | 'statement'
  | 'description'

/** What a vendor does when a resource's address is called. */
export interface Placed {
  served: Served
  /** path of the collection below the base; `#…` for collections that no path of their own tells apart */
  collection: string
  operation: Operation
  id: IdPlace | undefined
}

/** Collections that are known before any resource is placed. */
export type Declared = ReadonlyMap<string, { single: boolean }>

const SELF = new Set(['me', 'self', 'current', 'whoami', 'myself'])
const READ_BY_BODY = new Set(['search', 'query', 'list', 'find', 'filter'])

interface Neighbours {
  declared: Declared
  byKey: ReadonlyMap<string, Served[]>
  /** vendor methods and paths that several of the caller's collections share */
  shared: ReadonlySet<string>
  /** caller's path of a list → the list */
  lists: ReadonlyMap<string, Served>
}

/** Decides for each resource which collection it works on; the caller's method says the intent (a GET may travel as POST). */
export function placeResources(resources: readonly Served[], declared: Declared): Placed[] {
  const neighbours: Neighbours = {
    declared,
    byKey: Map.groupBy(resources, ({ path }) => path.key),
    shared: sharedAddresses(resources),
    lists: new Map(
      resources.filter(({ method, onItem }) => method === 'GET' && !onItem).map((list) => [callerKey(list), list]),
    ),
  }
  return resources.map((served) => place(served, neighbours))
}

function place(served: Served, neighbours: Neighbours): Placed {
  if (served.isLifecycle && !keepsRows(served.resource)) {
    return { served, collection: `#${served.resource.type}/${callerKey(served)}`, operation: 'single', id: undefined }
  }
  return isDispatched(served, neighbours) ? placeByCaller(served) : placeByPath(served, neighbours)
}

/** Webhooks are rows like others; logins are not. */
function keepsRows({ type, method }: Resource): boolean {
  if (type === 'onProvisionWebhook') return method.toUpperCase() === 'POST'
  return type === 'onDelete' || type === 'onDeleteWebhook'
}

/** One address for many things: then only the caller's path tells which collection is meant. */
function isDispatched(served: Served, { shared, declared }: Neighbours): boolean {
  const { path, address, isSoap, vendorMethod } = served
  if (declared.has(path.key)) return false
  if (isSoap || shared.has(`${vendorMethod} ${path.key}`)) return true
  return (
    !address.isAbsolute &&
    path.segments.every((segment) => /^\{[^{}]*\}$/.test(segment) && !namesObject(segment, served))
  )
}

function sharedAddresses(resources: readonly Served[]): Set<string> {
  const groups = Map.groupBy(resources, ({ vendorMethod, path }) => `${vendorMethod} ${path.key}`)
  const shared = [...groups].filter(([, group]) => new Set(group.map(collectionOfCaller)).size > 1)
  return new Set(shared.map(([key]) => key))
}

function collectionOfCaller({ callerSegments, onItem }: Served): string {
  return vendorPath((onItem ? callerSegments.slice(0, -1) : callerSegments).join('/')).key
}

function callerKey({ callerSegments, method }: Served): string {
  return `${vendorPath(callerSegments.join('/')).key}${method === 'GET' ? '' : ` ${method}`}`
}

function placeByCaller(served: Served): Placed {
  const { method, onItem, resource } = served
  const collection = `#${collectionOfCaller(served)}`
  const operation = onItem ? itemOperation(method) : collectionOperation(served)
  const named = (resource.parameters ?? []).filter(({ type }) => type === 'path')
  const names = named.flatMap(({ name, vendorName }) => [vendorName, name])
  return { served, collection, operation, id: onItem ? { names: [...names, 'id', 'Id', 'ID'] } : undefined }
}

function placeByPath(told: Served, neighbours: Neighbours): Placed {
  // a chain may begin by reading what it is going to change
  const served: Served = told.vendorMethod === 'GET' ? { ...told, method: 'GET' } : told
  const { path, method, onItem } = served
  const { segments } = path
  const last = segments.at(-1) ?? ''
  const at = (collection: readonly string[] | string, operation: Operation, id?: IdPlace): Placed => {
    const text = typeof collection === 'string' ? collection : `/${collection.join('/')}`
    return { served: told, collection: text, operation, id }
  }
  const isItemVariable = hasVariable(last) && !namesObject(last, served)

  const parent = segments.slice(0, -1)
  const isBelowCollection = method === 'GET' && segments.length > 1 && isCollection(parent, neighbours)
  if (isBelowCollection && READ_BY_BODY.has(last)) return at(parent, 'list')
  if (method === 'GET' && answersList(served)) return at(segments, 'list')
  if (isItemVariable) return at(aboveItem(segments), itemOperation(method), { variable: idVariable(served, -1) })
  const above = segments.at(-2) ?? ''
  if (onItem && hasVariable(above) && !namesObject(above, served)) {
    return at(aboveItem(segments.slice(0, -1)), itemOperation(method), { variable: idVariable(served, -2) })
  }
  if (onItem) {
    const list = neighbours.lists.get(collectionOfCaller(served))
    return at(list?.path.segments ?? segments, itemOperation(method), { names: idNames(served) })
  }
  if (isBelowCollection && SELF.has(last)) return at(parent, 'self')
  return at(segments, isSingle(served, neighbours) ? 'single' : collectionOperation(served))
}

function itemOperation(method: string): Operation {
  if (method === 'GET') return 'read'
  return method === 'DELETE' ? 'delete' : 'update'
}

function collectionOperation(served: Served): Operation {
  const { method } = served
  if (method === 'POST') return 'create'
  if (method === 'GET') return answersList(served) || served.model.kind === 'unknown' ? 'list' : 'single'
  return method === 'DELETE' ? 'delete' : 'single'
}

function isCollection(path: readonly string[], { declared, byKey }: Neighbours): boolean {
  const { key } = vendorPath(path.join('/'))
  return declared.get(key)?.single === false || byKey.has(key)
}

/** Whether a path that names no row is one thing rather than a list. */
function isSingle(served: Served, { declared, byKey }: Neighbours): boolean {
  const { path, method, model, resource } = served
  const known = declared.get(path.key)
  if (known) return known.single
  if (namesObject(path.segments.at(-1) ?? '', served)) return false
  if (method === 'GET' && model.kind === 'object' && !resource.rootKey) return true
  if (model.kind === 'file') return true
  if (byKey.has(`${path.key === '/' ? '' : path.key}/{}`)) return false
  const same = byKey.get(path.key) ?? []
  return !same.some((other) => answersList(other) || other.method === 'POST') && !isPlural(path.segments.at(-1) ?? '')
}
