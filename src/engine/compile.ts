import { ValenceError } from '../errors.ts'
import type { Element, Parameter, Resource } from '../model/element.ts'
import { compileAddresses } from './addresses.ts'
import { parseNextPageKey } from './paging/next-page-key.ts'
import { compilePathTemplate } from './path-template.ts'
import { destinations } from './placement/destinations.ts'
import { origins } from './placement/origins.ts'
import type { Apply, PagingPlan, Place, Plan, ResourcePlan, WherePlan } from './plan.ts'
import { buildResourceTree } from './resource-tree.ts'
import { splitRootKey } from './root-path.ts'

/** Resource types that a hub call reaches; the others run at provisioning and the like (spec 11 §4.3). */
const CALLABLE = new Set(['api', 'apiNoDocumentation'])

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
  return {
    resource,
    label,
    vendorMethod: (resource.vendorMethod || resource.method).toUpperCase(),
    vendorPath: compilePathTemplate(resource.vendorPath ?? ''),
    applyParameters: parameters
      .filter((parameter) => !isSpecial(parameter))
      .flatMap((parameter) => compileParameter(parameter, label)),
    where: compileWhere(parameters),
    paging: compilePaging(resource, parameters),
    requestRoot: root.request,
    responseRoot: root.response,
    notExecutable: whyNotExecutable(element, resource, parameters),
  }
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
  const origin = origins[parameter.type]?.(parameter)
  const place = placeOf(parameter)
  if (!origin || !place) return []
  return [
    (exchange) => {
      const value = origin(exchange)
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
  return destinations[parameter.vendorType.toLowerCase() === 'no-op' ? 'no-op' : parameter.vendorType]?.(parameter)
}

function compileWhere(parameters: readonly Parameter[]): WherePlan | undefined {
  const parameter = parameters.find(({ type, name }) => type === 'query' && name === 'where')
  if (!parameter) return undefined
  const converter = parameter.converter || /^converter:(\w+)$/.exec(parameter.vendorName)?.[1]
  return {
    name: parameter.name,
    required: parameter.required === true,
    converter: parameter.vendorType === 'query' ? converter || undefined : undefined,
    place: placeOf(parameter) ?? (() => undefined),
  }
}

function compilePaging(resource: Resource, parameters: readonly Parameter[]): PagingPlan {
  const declared = (name: string) =>
    parameters.find((parameter) => parameter.type === 'query' && parameter.name === name)
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
  const hook = [...(element.hooks ?? []), ...(resource.hooks ?? [])].find(({ type }) => type !== 'event')
  if (hook) return `a ${hook.type} hook`
  for (const parameter of parameters) {
    if (!RUNNABLE_ORIGINS.has(parameter.type)) return `parameter type ${parameter.type}`
    if (!RUNNABLE_DESTINATIONS.has(parameter.vendorType)) return `vendor type ${parameter.vendorType}`
  }
  return undefined
}
