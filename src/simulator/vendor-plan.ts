import type { Element, Parameter, Resource } from '../model/element.ts'
import type { ResourceRules, Row, Simulation } from './simulation.ts'
import { type ElementSide, type VendorEnvelope, vendorEnvelope } from './vendor-envelope.ts'
import { type Fields, vendorFields } from './vendor-fields.ts'
import { configurationDefault, type VendorPaging, vendorPaging } from './vendor-paging.ts'
import { hasVariable, type VendorPath, vendorPath } from './vendor-path.ts'

/**
 * The vendor behind an element, read from the other side of the wire: which paths it answers, how it wraps, pages and
 * names things. Made once per element. Start at `vendorPlan`; sources of each rule are spec 11 and simulation.yaml.
 */
export interface VendorPlan {
  key: string
  name: string
  simulation: Simulation
  /** path of `base.url`, without trailing slash: `/v2` */
  basePath: string
  /** origin of `base.url`, unless it has placeholders */
  origin: string | undefined
  resources: Map<string, ResourcePlan>
  routes: VendorRoute[]
}

export interface ResourcePlan {
  name: string
  /** word for one row: `contact` */
  type: string
  collection: VendorPath
  single: boolean
  idField: string
  ids: 'integer' | 'text' | 'uuid'
  fields: Fields
  keepUnknown: boolean
  envelope: VendorEnvelope
  paging: VendorPaging
  sort: { parameter: string | undefined; grammar: 'colon' | 'space' | 'minus' | 'any'; default: string | undefined }
  /** undefined: every field filters */
  filters: Set<string> | undefined
  /** filters that apply unless the caller gives them, or ids */
  filterDefaults: Record<string, string>
  /** full-text parameters: parameter → field */
  search: Record<string, string>
  samples: { count: number; fields?: Record<string, unknown> }[]
  fixtures: Row[] | undefined
}

export type Operation = 'list' | 'create' | 'read' | 'update' | 'delete' | 'upsert' | 'self' | 'single'

export interface VendorRoute {
  method: string
  path: VendorPath
  operation: Operation
  resource: ResourcePlan
  /** the id of an item route: last path variable, or this query parameter */
  idParameter: string | undefined
  /** fields that the element captures from this reply (spec 11 §3.7) */
  captures: string[]
}

interface Draft {
  name: string
  path: string
  resources: Resource[]
  side: ElementSide
  single: boolean
  rules: ResourceRules
}

const SELF = new Set(['me', 'self', 'current', 'whoami', 'myself'])
const READ_BY_BODY = new Set(['search', 'query', 'list', 'find', 'filter'])

export function vendorPlan(element: Element, simulation: Simulation): VendorPlan {
  const baseUrl = configurationDefault(element, 'base.url') ?? ''
  const basePath = basePathOf(baseUrl)
  const drafts = new Map<string, Draft>()
  for (const [name, rules] of Object.entries(simulation.resources ?? {})) {
    const path = rules.path ?? `/${name}`
    drafts.set(vendorPath(path).key, { name, path, resources: [], side: {}, single: rules.single ?? false, rules })
  }
  const placed = served(element).map((resource) => place(resource, element, basePath, drafts))
  for (const place of placed) fillDraft(place, drafts)

  const plan: VendorPlan = {
    key: element.key,
    name: simulation.vendor ?? element.name,
    simulation,
    basePath,
    origin: originOf(baseUrl),
    resources: new Map(),
    routes: [],
  }
  for (const draft of drafts.values()) {
    const resource = resourcePlan(draft, element, simulation)
    plan.resources.set(resource.name, resource)
    plan.routes.push(...declaredRoutes(resource, draft.rules, basePath))
  }
  for (const { resource, path, collection, operation, idParameter } of placed) {
    const target = plan.resources.get(drafts.get(vendorPath(collection).key)?.name ?? '')
    if (!target) continue
    const method = (resource.vendorMethod ?? resource.method).toUpperCase()
    const pattern = vendorPath(isElsewhere(resource.vendorPath ?? '', basePath) ? path : `${basePath}${path}`)
    if (plan.routes.some((route) => route.method === method && route.path.key === pattern.key)) continue
    plan.routes.push({ method, path: pattern, operation, resource: target, idParameter, captures: captures(resource) })
  }
  // literal paths before variables: /users/self is not the user "self"
  plan.routes.sort((a, b) => a.path.variableCount - b.path.variableCount)
  return plan
}

/** Protocols that answer on one address, scripts without a vendor path and generic `/{objectName}` have no paths to serve. */
function served(element: Element): Resource[] {
  if (element.protocolType === 'soap' || element.protocolType === 'jdbc') return []
  return element.resources.filter(
    (resource) =>
      resource.vendorPath &&
      resource.kind !== 'java' &&
      !/^oauth/i.test(resource.type ?? '') &&
      !/^\/?\{/.test(relativePath(resource.vendorPath)),
  )
}

interface Placed {
  resource: Resource
  /** vendor path below the base path */
  path: string
  collection: string
  operation: Operation
  idParameter: string | undefined
}

/** Decides which collection a vendor path belongs to; the caller's method says the intent (a GET may travel as POST). */
function place(resource: Resource, element: Element, basePath: string, drafts: Map<string, Draft>): Placed {
  const path = belowBase(resource.vendorPath ?? '', basePath)
  const segments = vendorPath(path).segments
  const last = segments.at(-1)
  const parent = `/${segments.slice(0, -1).join('/')}`
  const onItem = hasVariable(resource.path.split('/').at(-1))
  const at = (collection: string, operation: Operation, idParameter?: string): Placed => ({
    resource,
    path,
    collection,
    operation,
    idParameter,
  })

  if (hasVariable(last)) return at(parent, itemOperation(resource.method))
  if (onItem && hasVariable(segments.at(-2)))
    return at(`/${segments.slice(0, -2).join('/')}`, itemOperation(resource.method))
  if (onItem) return at(listPath(resource, element, basePath) ?? path, itemOperation(resource.method), idName(resource))
  if (resource.method.toUpperCase() === 'GET' && last !== undefined && segments.length > 1) {
    if (SELF.has(last) && isCollection(parent, element, basePath, drafts)) return at(parent, 'self')
    if (READ_BY_BODY.has(last)) return at(parent, 'list')
  }
  if (isSingle(resource, path, element, basePath, drafts)) return at(path, 'single')
  return at(path, resource.method.toUpperCase() === 'POST' ? 'create' : collectionOperation(resource.method))
}

function itemOperation(method: string): Operation {
  const verb = method.toUpperCase()
  if (verb === 'GET') return 'read'
  return verb === 'DELETE' ? 'delete' : 'update'
}

function collectionOperation(method: string): Operation {
  return method.toUpperCase() === 'GET' ? 'list' : 'single'
}

/** The vendor path of the list that stands above an item on the caller's side. */
function listPath(item: Resource, element: Element, basePath: string): string | undefined {
  const above = item.path.slice(0, item.path.lastIndexOf('/'))
  const list = element.resources.find(
    (other) => other.path === above && other.method.toUpperCase() === 'GET' && other.vendorPath,
  )
  return list?.vendorPath ? belowBase(list.vendorPath, basePath) : undefined
}

function idName(item: Resource): string | undefined {
  const variable = /\{([^}]*)\}$/.exec(item.path)?.[1]
  return item.parameters?.find((parameter) => parameter.type === 'path' && parameter.name === variable)?.vendorName
}

function isCollection(path: string, element: Element, basePath: string, drafts: Map<string, Draft>): boolean {
  const key = vendorPath(path).key
  return (
    (drafts.has(key) && !drafts.get(key)?.single) ||
    element.resources.some((other) => other.vendorPath && vendorPath(belowBase(other.vendorPath, basePath)).key === key)
  )
}

function isSingle(
  resource: Resource,
  path: string,
  element: Element,
  basePath: string,
  drafts: Map<string, Draft>,
): boolean {
  const key = vendorPath(path).key
  const draft = drafts.get(key)
  if (draft) return draft.single
  if (/^(provision|on[A-Z])/.test(resource.type ?? '')) return true
  const siblings = element.resources.filter((other) => other.vendorPath)
  const paths = siblings.map((other) => vendorPath(belowBase(other.vendorPath ?? '', basePath)).key)
  if (paths.includes(`${key}/{}`)) return false
  const same = siblings.filter((_, index) => paths[index] === key)
  return !same.some((other) => looksLikeList(other) || other.method.toUpperCase() === 'POST') && !isPlural(path)
}

/** Told from the last word of a path; only asked when nothing else tells. */
function isPlural(path: string): boolean {
  return /(people|children|staff|media|data|list|[^su]s)$/i.test(path)
}

function looksLikeList({ model, parameters, rootKey }: Resource): boolean {
  const root = model?.name === undefined ? undefined : model.swagger?.[model.name]
  const pages = parameters?.some((parameter) => ['page', 'pageSize', 'nextPage', 'where'].includes(parameter.name))
  return root?.type === 'array' || pages === true || (rootKey ?? '').includes('[*]')
}

function fillDraft({ resource, collection, operation }: Placed, drafts: Map<string, Draft>): void {
  const key = vendorPath(collection).key
  let draft = drafts.get(key)
  if (!draft) {
    const name =
      vendorPath(collection)
        .segments.filter((segment) => !hasVariable(segment))
        .join('.') || 'root'
    const taken = [...drafts.values()].some((other) => other.name === name)
    draft = {
      name: taken ? key : name,
      path: collection,
      resources: [],
      side: {},
      single: operation === 'single',
      rules: {},
    }
    drafts.set(key, draft)
  }
  draft.resources.push(resource)
  if (operation === 'list') draft.side.list ??= resource
  else if (operation === 'read' || operation === 'self') draft.side.read ??= resource
  else if (operation === 'single') draft.side.read ??= resource
  else if (operation !== 'delete') draft.side.write ??= resource
}

function resourcePlan(draft: Draft, element: Element, simulation: Simulation): ResourcePlan {
  const { rules, side } = draft
  const paging = vendorPaging(element, side.list, simulation, rules)
  const fields = vendorFields(draft.resources, rules.fields)
  const sort = { ...simulation.sort, ...rules.sort }
  const idField = rules.id ?? findIdField(fields)
  const fixtures = simulation.fixtures?.[draft.name]
  return {
    name: draft.name,
    type: rules.type ?? singular(draft.name.split('.').at(-1) ?? draft.name),
    collection: vendorPath(draft.path),
    single: draft.single,
    idField,
    ids: rules.ids ?? (fields.get(idField)?.type === 'string' ? 'text' : 'integer'),
    fields,
    keepUnknown: (rules.unknownFields ?? (rules.fields ? 'drop' : 'keep')) === 'keep',
    envelope: vendorEnvelope(side, paging, simulation, rules),
    paging,
    sort: {
      parameter: sort.parameter ?? sortParameter(side.list),
      grammar: sort.grammar ?? 'any',
      default: sort.default,
    },
    filters: rules.filters ? new Set(rules.filters) : undefined,
    filterDefaults: rules.filterDefaults ?? {},
    search: rules.search ?? {},
    samples: rules.samples ?? [{ count: draft.single ? 1 : 30 }],
    fixtures,
  }
}

function sortParameter(list: Resource | undefined): string | undefined {
  return list?.parameters?.find(
    (parameter: Parameter) => parameter.name === 'orderBy' && parameter.vendorType === 'query',
  )?.vendorName
}

function findIdField(fields: Fields): string {
  const names = [...fields.keys()]
  return (
    names.find((name) => name === 'id') ??
    names.find((name) => /^(_?id|uuid|key|gid|.*_id|.*Id|ID)$/.test(name)) ??
    'id'
  )
}

/** The paths that simulation.yaml promises, whether or not the element calls them. */
function declaredRoutes(resource: ResourcePlan, rules: ResourceRules, basePath: string): VendorRoute[] {
  const routes: VendorRoute[] = []
  const add = (method: string, path: string, operation: Operation) =>
    routes.push({
      method,
      path: vendorPath(`${basePath}${path}`),
      operation,
      resource,
      idParameter: undefined,
      captures: [],
    })
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
  if (rules.selfPath) add('GET', rules.selfPath, 'self')
  return routes
}

function captures(resource: Resource): string[] {
  if (!/^(provision|on[A-Z])/.test(resource.type ?? '')) return []
  const rows = resource.parameters ?? []
  return rows
    .filter((row) => row.type === 'configuration' && row.source === 'response' && row.vendorType !== 'header')
    .map((row) => row.vendorName)
}

/** `contacts` → `contact`, `companies` → `company`, `statuses` → `status` */
export function singular(word: string): string {
  if (/ies$/i.test(word)) return word.replace(/ies$/i, 'y')
  if (/(ss|sh|ch|x|us)es$/i.test(word)) return word.slice(0, -2)
  return /[^s]s$/i.test(word) ? word.slice(0, -1) : word
}

function belowBase(path: string, basePath: string): string {
  if (!/^https?:\/\//i.test(path)) return relativePath(path)
  const absolute = pathOf(path)
  return absolute.startsWith(`${basePath}/`) ? absolute.slice(basePath.length) : absolute
}

/** An absolute vendor path that does not lie under the base path keeps its own (spec 11 §3.10). */
function isElsewhere(path: string, basePath: string): boolean {
  return /^https?:\/\//i.test(path) && !pathOf(path).startsWith(`${basePath}/`)
}

function relativePath(path: string): string {
  const plain = /^https?:\/\//i.test(path) ? pathOf(path) : (path.split(/[?&#]/)[0] ?? '')
  return `/${plain.replace(/^\/+|\/+$/g, '')}`
}

/** Path of an address that may hold `{placeholders}`, which `URL` would refuse in a host. */
export function pathOf(url: string): string {
  return /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? url
}

/** Path below which the vendor lies; an address that an instance has to complete counts from its first `/`. */
function basePathOf(url: string): string {
  const path = /^[a-z]+:\/\//i.test(url) ? pathOf(url) : (/^[^/]*(\/[^?#]*)/.exec(url)?.[1] ?? '')
  return path.replace(/\/+$/, '')
}

export function originOf(url: string): string | undefined {
  const origin = /^https?:\/\/[^/?#]+/i.exec(url)?.[0]
  return origin === undefined || origin.includes('{') || !URL.canParse(origin) ? undefined : new URL(origin).origin
}
