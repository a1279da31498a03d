import type { Element } from '../model/element.ts'
import { answerShape } from './answer-shape.ts'
import { declaredRoutes } from './declared-routes.ts'
import { type HookReads, hookReads } from './hook-reads.ts'
import { type Placed, placeResources } from './place-resource.ts'
import { buildResource, type ResourceDraft, type ResourcePlan } from './resource-plan.ts'
import { movesPath, servedResources } from './served-resources.ts'
import type { ResourceRules, Simulation } from './simulation.ts'
import { baseAddress } from './vendor-address.ts'
import { vendorEnvelope } from './vendor-envelope.ts'
import { ownOrigin } from './vendor-origins.ts'
import { vendorPaging } from './vendor-paging.ts'
import { vendorPath } from './vendor-path.ts'
import type { VendorPlan, VendorRoute } from './vendor-route.ts'

/** What every part of one plan is made from. */
interface Source {
  element: Element
  simulation: Simulation
  ofElement: HookReads
}

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
  const source: Source = { element, simulation, ofElement: hookReads(element.hooks) }
  for (const draft of drafts.values()) addResource(draft, source, plan)
  // what simulation.yaml promises is as it says, whatever the element makes of it
  const declared = new Set(plan.routes.map(routeKey))
  for (const draft of drafts.values()) plan.routes.push(...elementRoutes(draft, source, plan, declared))
  plan.routes.sort((a, b) => a.path.variableCount - b.path.variableCount)
  return plan
}

function addResource(draft: ResourceDraft, { element, simulation }: Source, plan: VendorPlan): void {
  const resource = buildResource(draft, element, simulation)
  plan.resources.set(resource.name, resource)
  plan.routes.push(...declaredRoutes(resource, draft.rules, plan))
}

function elementRoutes(
  draft: ResourceDraft,
  source: Source,
  plan: VendorPlan,
  declared: ReadonlySet<string>,
): VendorRoute[] {
  const resource = plan.resources.get(draft.name)
  if (!resource) return []
  const routes = draft.placed.map((placed) => elementRoute(placed, draft.rules, resource, source, plan))
  return routes.filter((route) => !declared.has(routeKey(route)))
}

/** What cannot be told apart from outside. */
function routeKey({ method, path }: VendorRoute): string {
  return `${method} ${path.key}`
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
  rules: ResourceRules,
  resource: ResourcePlan,
  { element, ofElement }: Source,
  plan: VendorPlan,
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
    finder: operation === 'list' && rules.find?.path === undefined ? rules.find : undefined,
    served,
  }
}

/** Scripts build the final path of some elements; which, only a run would tell. */
function rewritesPaths({ hooks }: Element, placed: readonly Placed[]): boolean {
  return placed.some(({ served }) => served.movesPath) || hooks.some(movesPath)
}
