import { ValenceError } from '../errors.ts'
import type { Hub } from '../model/element.ts'
import type { Catalog } from './catalog.ts'
import type { ElementDirectory, ElementLine, Viewer } from './directory.ts'

/** `GET /hubs`; `hydrate` adds the `resources` of each hub (spec 10 §3). */
export function listHubs(
  catalog: Catalog,
  { hydrate = false }: { hydrate?: boolean } = {},
): readonly (Hub | Omit<Hub, 'resources'>)[] {
  return hydrate ? catalog.hubs : catalog.hubs.map(withoutResources)
}

/** `GET /hubs/keys` (spec 10 §3). */
export function listHubKeys(catalog: Catalog): string[] {
  return catalog.hubs.map((hub) => hub.key)
}

/**
 * `GET /hubs/{key}` (spec 10 §3).
 * @throws ValenceError HUB_NOT_FOUND (404)
 */
export function getHub(catalog: Catalog, key: string): Omit<Hub, 'resources'> {
  return withoutResources(requireHub(catalog, key))
}

/**
 * `GET /hubs/{key}/elements`: the same objects as `GET /elements`; none for a hub without elements (spec 10 §1.3, §3).
 * @throws ValenceError HUB_NOT_FOUND (404)
 */
export async function listHubElements(
  directory: ElementDirectory,
  viewer: Viewer | undefined,
  key: string,
): Promise<readonly ElementLine[]> {
  const hub = requireHub(directory.shipped, key)
  return (await directory.list(viewer)).filter(({ summary }) => summary['hub'] === hub.key)
}

function requireHub(catalog: Catalog, key: string): Hub {
  const hub = catalog.findHub(key)
  if (!hub) throw new ValenceError('HUB_NOT_FOUND', `There is no hub "${key}"; GET /hubs/keys lists them`)
  return hub
}

function withoutResources({ resources: _hidden, ...hub }: Hub): Omit<Hub, 'resources'> {
  return hub
}
