import type { Element } from '../model/element.ts'
import { answerShape } from './answer-shape.ts'
import { declaredRoutes } from './declared-routes.ts'
import { hookReads } from './hook-reads.ts'
import { type Placed, placeResources } from './place-resource.ts'
import { buildResource, type ResourceDraft, type ResourcePlan } from './resource-plan.ts'
import { movesPath, servedResources } from './served-resources.ts'
import type { Simulation } from './simulation.ts'
import { baseAddress } from './vendor-address.ts'
import { vendorEnvelope } from './vendor-envelope.ts'
import { ownOrigin } from './vendor-origins.ts'
import { vendorPaging } from './vendor-paging.ts'
import { vendorPath } from './vendor-path.ts'
import type { VendorPlan, VendorRoute } from './vendor-route.ts'

/** Reads a vendor off its element: start here, what comes out is described in `vendor-route.ts`. */
export function vendorPlan(element: Element, simulation: Simulation, key = element.key): VendorPlan {
  const base = baseAddress(element)
  const drafts = declaredDrafts(simulation)
  const placed = placeResources(servedResources(element), declaredKeys(drafts))
  for (const one of placed) addToDraft(one, drafts)
  const plan: VendorPlan = {
    key,
    name: simulation.vendor ?? element.name,
    simulation,
    base,
    origin: base.origin ?? ownOrigin(key),
    resources: new Map(),
    routes: [],
    unknownPaths: simulation.unknownPaths ?? (rewritesPaths(element, placed) ? 'echo' : 'refuse'),
  }
  const byDraft = new Map<ResourceDraft, ResourcePlan>()
  for (const draft of drafts.values()) {
    const resource = buildResource(draft, element, simulation)
    byDraft.set(draft, resource)
    plan.resources.set(resource.name, resource)
    plan.routes.push(...declaredRoutes(resource, draft.rules, plan))
  }
  const taken = new Set(plan.routes.map((route) => `${route.method} ${route.path.key}`))
  const ofElement = hookReads(element.hooks)
  for (const one of placed) {
    const draft = drafts.get(collectionKey(one.collection))
    const resource = draft && byDraft.get(draft)
    if (!draft || !resource) continue
    const route = elementRoute(one, draft, resource, element, plan, ofElement)
    if (!taken.has(`${route.method} ${route.path.key}`)) plan.routes.push(route)
  }
  plan.routes.sort((a, b) => a.path.variableCount - b.path.variableCount)
  return plan
}

function declaredDrafts(simulation: Simulation): Map<string, ResourceDraft> {
  const drafts = new Map<string, ResourceDraft>()
  for (const [name, rules] of Object.entries(simulation.resources ?? {})) {
    const path = rules.path ?? `/${name}`
    drafts.set(vendorPath(path).key, { name, path, placed: [], single: rules.single ?? false, rules, isDeclared: true })
  }
  return drafts
}

function declaredKeys(drafts: ReadonlyMap<string, ResourceDraft>): Map<string, { single: boolean }> {
  return new Map([...drafts].map(([key, { single }]) => [key, { single }]))
}

function collectionKey(collection: string): string {
  return collection.startsWith('#') ? collection : vendorPath(collection).key
}

function addToDraft(placed: Placed, drafts: Map<string, ResourceDraft>): void {
  const key = collectionKey(placed.collection)
  const draft = drafts.get(key)
  if (draft) {
    draft.placed.push(placed)
    return
  }
  const name = freeName(placed, key, drafts)
  const { collection: path, operation } = placed
  drafts.set(key, { name, path, placed: [placed], single: operation === 'single', rules: {}, isDeclared: false })
}

/** The literal words of the path; what another collection is called already gets its whole path as name. */
function freeName({ collection }: Placed, key: string, drafts: ReadonlyMap<string, ResourceDraft>): string {
  const words = vendorPath(collection.replace(/^#/, '/')).segments.filter((segment) => !segment.includes('{'))
  const name = words.join('.').slice(0, 120) || 'root'
  for (const draft of drafts.values()) if (draft.name === name) return key
  return name
}

function elementRoute(
  { served, operation, id, collection }: Placed,
  { rules }: ResourceDraft,
  resource: ResourcePlan,
  element: Element,
  plan: VendorPlan,
  ofElement: ReturnType<typeof hookReads>,
): VendorRoute {
  const { address } = served
  const above = address.isAbsolute ? '' : plan.base.path
  const path = vendorPath(`${above}${address.path}`)
  const baseVariables = vendorPath(above).variableCount
  const paging = vendorPaging(element, operation === 'list' ? served.resource : undefined, plan.simulation, rules)
  const shape = answerShape(served, element, ofElement)
  return {
    method: served.vendorMethod,
    path,
    marks: served.marks,
    operation,
    resource,
    baseVariables,
    parents: collection.startsWith('#') ? 0 : resource.collection.variableCount,
    id: id !== undefined && 'variable' in id ? { variable: id.variable + baseVariables } : id,
    paging,
    envelope: vendorEnvelope(shape, paging, plan.simulation, rules),
    shape,
    served,
  }
}

/** Scripts build the final path of some elements; which, only a run would tell. */
function rewritesPaths({ hooks }: Element, placed: readonly Placed[]): boolean {
  return placed.some(({ served }) => served.movesPath) || hooks.some(movesPath)
}
