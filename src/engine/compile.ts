import { ValenceError } from '../errors.ts'
import type { Element, Hook, Parameter, Resource } from '../model/element.ts'
import { compileAddresses } from './addresses.ts'
import { isSliceable } from './body/slice-json.ts'
import { parseNextPageKey } from './paging/next-page-key.ts'
import { compilePathTemplate } from './path-template.ts'
import { destinations } from './placement/destinations.ts'
import { orderConverters } from './placement/order-converters.ts'
import { origins } from './placement/origins.ts'
import type { Apply, PagingPlan, Place, Plan, ResourcePlan, WherePlan } from './plan.ts'
import { buildResourceTree } from './resource-tree.ts'
import { type RootPath, splitRootKey } from './root-path.ts'

/** Resource types that a hub call reaches; the others run at provisioning and the like (spec 11 §4.3). */
const CALLABLE = new Set(['api', 'apiNoDocumentation', 'formulaAsResource'])

/**
 * Compiles an element once per version. Never refuses an element for something it does not understand (tolerance
 * rule, spec 11): a resource that this version cannot run is marked, the others work.
 */
export function compile(element: Element, version: string): Plan {
  const wide = (element.parameters ?? []).filter(isRequestParameter).map(normalizeSwapped)
  const plans = element.resources.map((resource) => compileResource(element, resource, wide))
  const lifecycle = new Map<string, ResourcePlan[]>()
  for (const plan of plans) {
    const type = typeOf(plan.resource)
    if (!CALLABLE.has(type)) lifecycle.set(type, [...(lifecycle.get(type) ?? []), plan])
  }
  return {
    element,
    version,
    defaults: Object.freeze(
      Object.fromEntries(element.configuration.map((row) => [row.key, row.defaultValue || null])),
    ),
    resources: buildResourceTree(
      plans
        .filter((plan) => CALLABLE.has(typeOf(plan.resource)))
        .map((plan) => ({ method: plan.resource.method, path: pathBelowHub(plan.resource.path), value: plan })),
    ),
    lifecycle,
    ...compileAddresses(element),
  }
}

/** `/hubs/crm/contacts/{id}` → `/contacts/{id}`; the hub segment is decoration (spec 10 §6.1). */
export function pathBelowHub(path: string): string {
  return path.replace(/^\/hubs\/[^/]+(?=\/|$)/, '')
}

function typeOf(resource: Resource): string {
  return resource.type || 'api'
}

function compileResource(element: Element, resource: Resource, wide: readonly Parameter[]): ResourcePlan {
  const own = (resource.parameters ?? []).filter(isRequestParameter).map(normalizeSwapped)
  const taken = new Set(own.map(destinationOf))
  const parameters = [...wide.filter((parameter) => !taken.has(destinationOf(parameter))), ...own]
  const label = `${resource.method} ${pathBelowHub(resource.path)}`
  const root = splitRootKey(resource.rootKey)
  const paging = compilePaging(resource, parameters, vendorHooks(element, resource).length > 0)
  return {
    resource,
    label,
    vendorMethod: (resource.vendorMethod || resource.method).toUpperCase(),
    vendorPath: compilePathTemplate(resource.vendorPath ?? ''),
    applyParameters: parameters
      .filter((parameter) => !isSpecial(parameter))
      .flatMap((parameter) => compileParameter(parameter, label)),
    where: compileWhere(parameters),
    paging,
    requestRoot: root.request,
    responseRoot: root.response,
    keepsText: keepsText(root.response, paging, vendorHooks(element, resource)),
    notExecutable: whyNotExecutable(element, resource, parameters),
  }
}

/** Whether the records of an answer need no looking into: no hook reads them, no page is cut, no cursor is among them. */
function keepsText(root: RootPath | undefined, { by, nextPageKey }: PagingPlan, hooks: readonly Hook[]): boolean {
  if (by === 'platform' || hooks.length > 0 || !isSliceable(root)) return false
  const first = JSON.stringify(root?.steps[0])
  return (nextPageKey?.paths ?? []).every((path) => root !== undefined && JSON.stringify(path.steps[0]) !== first)
}

/** `where` and the paging parameters have steps of their own. */
function isSpecial(parameter: Parameter): boolean {
  return parameter.type === 'query' && ['where', 'page', 'pageSize', 'nextPage'].includes(parameter.name)
}

function isRequestParameter(parameter: Parameter): boolean {
  return (parameter.source ?? 'request') === 'request'
}

/** `header` → `value` is the swapped notation of a constant header (spec 11 §3.6). */
function normalizeSwapped(parameter: Parameter): Parameter {
  if (parameter.type !== 'header' || parameter.vendorType !== 'value') return parameter
  return { ...parameter, name: parameter.vendorName, type: 'value', vendorName: parameter.name, vendorType: 'header' }
}

function destinationOf({ vendorType, vendorName }: Parameter): string {
  const name = vendorType === 'header' ? vendorName.trim().toLowerCase() : vendorName
  return `${vendorType} ${name}`
}

function compileParameter(parameter: Parameter, label: string): Apply[] {
  const origin = known(origins, parameter.type)?.(parameter)
  const place = placeOf(parameter)
  if (!origin || !place) return []
  const convert = parameter.type === 'query' ? known(orderConverters, parameter.converter) : undefined
  return [
    (exchange) => {
      const given = origin(exchange)
      const value = convert && typeof given === 'string' ? convert(given) : given
      if (value !== undefined && value !== null) place(exchange, value)
      else if (parameter.required) {
        throw new ValenceError('PARAMETER_MISSING', `${label}: ${describe(parameter)} is required`)
      }
    },
  ]
}

function describe({ type, name }: Parameter): string {
  return type === 'body' ? 'a request body' : `${type} parameter "${name}"`
}

function placeOf(parameter: Parameter | undefined): Place | undefined {
  if (!parameter) return undefined
  return known(destinations, isNoOp(parameter) ? 'no-op' : parameter.vendorType)?.(parameter)
}

function isNoOp({ vendorType }: Parameter): boolean {
  return vendorType.toLowerCase() === 'no-op'
}

/** Names come from elements: `constructor` is none. */
function known<T>(table: Readonly<Record<string, T>>, name: string | undefined): T | undefined {
  return name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined
}

function compileWhere(parameters: readonly Parameter[]): WherePlan | undefined {
  const parameter = parameters.find(({ type, name }) => type === 'query' && name === 'where')
  if (!parameter) return undefined
  const prefixed = /^converter:(\w+)$/.exec(parameter.vendorName)?.[1]
  const converter = parameter.converter || prefixed
  // the raw text of an unknown converter needs a name that a vendor could know (spec 21 §2.2)
  const vendorName = prefixed === undefined ? parameter.vendorName : parameter.name
  return {
    name: parameter.name,
    required: parameter.required === true,
    converter: parameter.vendorType === 'query' ? converter || undefined : undefined,
    place: placeOf({ ...parameter, vendorName }) ?? (() => undefined),
  }
}

/** @param hasHooks hooks read what is declared as `no-op`; without them the vendor never gets it and does not page */
function compilePaging(resource: Resource, parameters: readonly Parameter[], hasHooks: boolean): PagingPlan {
  const declared = (name: string) =>
    parameters.find(
      (parameter) => parameter.type === 'query' && parameter.name === name && (hasHooks || !isNoOp(parameter)),
    )
  const page = declared('page')
  const pageSize = declared('pageSize')
  const nextPage = declared('nextPage')
  const nextPageKey = parseNextPageKey(resource.nextPageKey)
  const type = resource.paginationType
  const pages = page !== undefined || pageSize !== undefined || nextPage !== undefined || nextPageKey !== undefined
  return {
    by: type === 'NO_PAGINATION' ? 'none' : type === 'VENDOR_NOT_SUPPORTED' ? 'platform' : pages ? 'vendor' : 'none',
    placePage: placeOf(page),
    placePageSize: placeOf(pageSize),
    placeNextPage: placeOf(nextPage),
    pageName: page?.vendorName,
    nextPageKey,
  }
}

const RUNNABLE_ORIGINS = new Set(Object.keys(origins))
const RUNNABLE_DESTINATIONS = new Set([...Object.keys(destinations), 'NO-OP'])

/** What this version of the engine cannot run is refused when called, never run half. */
function whyNotExecutable(element: Element, resource: Resource, parameters: readonly Parameter[]): string | undefined {
  if (resource.kind === 'java') return 'built-in code of the original platform'
  if (typeOf(resource) === 'formulaAsResource') return 'a formula'
  if (element.protocolType && !['http', 'odata'].includes(element.protocolType))
    return `protocol ${element.protocolType}`
  if (resource.nextResource) return 'a chain of resources'
  if ((resource.parameters ?? []).some(({ source }) => source === 'response')) return 'a captured response parameter'
  const [hook] = vendorHooks(element, resource)
  if (hook) return `a ${hook.type} hook`
  // `{where}` as a vendor name: the text replaces that token in a template (spec 11 §3.9)
  const tokens = parameters.map(({ vendorName }) => vendorName).filter((name) => /^\{[^{}]+\}$/.test(name))
  for (const parameter of parameters) {
    if (!RUNNABLE_ORIGINS.has(parameter.type)) return `parameter type ${parameter.type}`
    if (!RUNNABLE_DESTINATIONS.has(parameter.vendorType)) return `vendor type ${parameter.vendorType}`
    if (parameter.type === 'value' && tokens.some((token) => parameter.name.includes(token)))
      return 'a token in a template'
  }
  const contentType = parameters.findLast(isContentType)?.name ?? ''
  if (/^\s*multipart\//i.test(contentType)) return 'a multipart body'
  if (/[/+]xml/i.test(contentType) && parameters.some(isBodyPart)) return 'an XML body'
  return undefined
}

function isContentType({ type, vendorType, vendorName }: Parameter): boolean {
  return type === 'value' && vendorType === 'header' && vendorName.trim().toLowerCase() === 'content-type'
}

function isBodyPart({ vendorType }: Parameter): boolean {
  return vendorType === 'body' || vendorType === 'bodyField'
}

function vendorHooks(element: Element, resource: Resource): Hook[] {
  return [...(element.hooks ?? []), ...(resource.hooks ?? [])].filter(({ type }) => type !== 'event')
}
