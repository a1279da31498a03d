import Type, { type Static } from 'typebox'
import { Hub } from '../model/element.ts'
import type { ElementLine, Viewer } from './directory.ts'
import type { ElementContext } from './element-context.ts'
import { hubNotFound, listOwnHubs } from './own-hubs.ts'

/** With `resources` where they were asked for. */
export const HubView = Type.Union([Hub, Type.Omit(Hub, ['resources'], { title: 'HubSummary' })])
type HubView = Static<typeof HubView>
type Context = Pick<ElementContext, 'store' | 'elements'>

/** `GET /hubs`: the shipped ones and the viewer's own; `hydrate` adds the `resources` of each (spec 10 §3). */
export async function listHubs(
  context: Context,
  viewer: Viewer | undefined,
  { hydrate = false }: { hydrate?: boolean } = {},
): Promise<readonly HubView[]> {
  const hubs = await hubsOf(context, viewer)
  return hydrate ? hubs : hubs.map(withoutResources)
}

/** `GET /hubs/keys` (spec 10 §3). */
export async function listHubKeys(context: Context, viewer: Viewer | undefined): Promise<string[]> {
  return (await hubsOf(context, viewer)).map((hub) => hub.key)
}

/**
 * `GET /hubs/{key}` (spec 10 §3).
 * @throws ValenceError HUB_NOT_FOUND (404)
 */
export async function getHub(context: Context, viewer: Viewer | undefined, key: string): Promise<HubView> {
  return withoutResources(await requireHub(context, viewer, key))
}

/**
 * `GET /hubs/{key}/elements`: the same objects as `GET /elements`; none for a hub without elements (spec 10 §1.3, §3).
 * @throws ValenceError HUB_NOT_FOUND (404)
 */
export async function listHubElements(
  context: Context,
  viewer: Viewer | undefined,
  key: string,
): Promise<readonly ElementLine[]> {
  const hub = await requireHub(context, viewer, key)
  return (await context.elements.list(viewer)).filter(({ summary }) => summary['hub'] === hub.key)
}

async function hubsOf(context: Context, viewer: Viewer | undefined): Promise<readonly Hub[]> {
  const { hubs } = context.elements.shipped
  return viewer ? [...hubs, ...(await listOwnHubs(context, viewer))] : hubs
}

async function requireHub(context: Context, viewer: Viewer | undefined, key: string): Promise<Hub> {
  const shipped = context.elements.shipped.findHub(key)
  const hub = shipped ?? (await hubsOf(context, viewer)).find((candidate) => candidate.key === key)
  if (!hub) throw hubNotFound(key)
  return hub
}

function withoutResources({ resources: _hidden, ...hub }: Hub): HubView {
  return hub
}
