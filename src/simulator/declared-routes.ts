import type { Operation } from './place-resource.ts'
import type { ResourcePlan } from './resource-plan.ts'
import type { ResourceRules } from './simulation.ts'
import { vendorEnvelope } from './vendor-envelope.ts'
import { changedPaging, type VendorPaging } from './vendor-paging.ts'
import { vendorPath } from './vendor-path.ts'
import type { VendorPlan, VendorRoute } from './vendor-route.ts'

/** The paths that simulation.yaml promises, whether or not the element calls them. */
export function declaredRoutes(
  resource: ResourcePlan,
  rules: ResourceRules,
  { base, simulation }: VendorPlan,
): VendorRoute[] {
  const { paging, shape } = resource
  const envelope = vendorEnvelope(shape, paging, simulation, rules)
  const baseVariables = vendorPath(base.path).variableCount
  const parents = resource.collection.variableCount
  const routes: VendorRoute[] = []
  const add = (method: string, path: string, operation: Operation, isFound = rules.find?.path === undefined) => {
    const pattern = vendorPath(`${base.path}${path}`)
    const id = pattern.variableCount > baseVariables + parents ? { variable: baseVariables + parents } : undefined
    const finder = operation === 'list' && isFound ? rules.find : undefined
    const fixed = { baseVariables, parents, paging, envelope, shape: undefined, served: undefined, marks: [], finder }
    routes.push({ method, path: pattern, operation, resource, id, ...fixed })
  }
  /** All things at one address for each kind of call: the body's member says which is meant. */
  const addCalls = ({ member, id, ...paths }: NonNullable<ResourceRules['calls']>) => {
    for (const operation of ['list', 'create', 'update', 'delete'] as const) {
      add('POST', paths[operation], operation)
      const names = operation === 'update' || operation === 'delete' ? { id: { names: [id] } } : {}
      Object.assign(routes.at(-1) ?? {}, { marks: [{ place: 'member', name: member, value: undefined }], ...names })
    }
  }
  const collection = `/${resource.collection.segments.join('/')}`
  for (const path of [collection, ...(rules.alsoAt ?? [])]) {
    const operations = rules.operations ?? []
    if (resource.single && operations.includes('read')) add('GET', path, 'single')
    if (resource.single && operations.includes('update')) add('PUT', path, 'single')
    if (resource.single) continue
    if (operations.includes('list')) add('GET', path, 'list')
    if (operations.includes('create')) add('POST', path, 'create')
    if (operations.includes('upsert')) add('POST', `${path}/upsert`, 'upsert')
    if (operations.includes('read')) add('GET', `${path}/{id}`, 'read')
    if (operations.includes('update')) add('PUT', `${path}/{id}`, 'update')
    if (operations.includes('patch')) add('PATCH', `${path}/{id}`, 'update')
    if (operations.includes('delete')) add('DELETE', `${path}/{id}`, 'delete')
  }
  for (const [name, action] of Object.entries(rules.actions ?? {})) {
    add(action.method ?? 'POST', action.path ?? `${collection}/{id}/${name}`, 'action')
    Object.assign(routes.at(-1) ?? {}, { action })
  }
  if (rules.calls) addCalls(rules.calls)
  if (rules.selfPath) add('GET', rules.selfPath, 'self')
  if (rules.find?.path) {
    add(rules.find.method ?? 'GET', rules.find.path, 'list', true)
    const found = routes.at(-1)
    if (found) Object.assign(found, foundAt(rules.find, found))
  }
  if (rules.statement) add(rules.statement.method ?? 'GET', collection, 'statement')
  if (rules.describes) add('GET', collection, 'description')
  return routes
}

/** A search may page and wrap in its own way, and be told from others on its path by what is always sent. */
function foundAt(find: NonNullable<ResourceRules['find']>, { paging, envelope }: VendorRoute): Partial<VendorRoute> {
  const own: VendorPaging = find.paging ? changedPaging(paging, find.paging) : paging
  const given = Object.entries(find.given ?? {})
  return {
    paging: own,
    envelope: find.envelope ? vendorEnvelope(undefined, own, {}, { envelope: find.envelope }) : envelope,
    marks: given.map(([name, value]) => ({ place: 'query', name, value })),
  }
}
