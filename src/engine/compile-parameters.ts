import { ValenceError } from '../errors.ts'
import type { Element, Parameter, Resource } from '../model/element.ts'
import { destinations, tokenName } from './placement/destinations.ts'
import { orderConverters } from './placement/order-converters.ts'
import { origins } from './placement/origins.ts'
import type { Apply, Place, WherePlan } from './plan.ts'
import { isCallable } from './resource-types.ts'
import { compileTokens, type Tokens } from './tokens.ts'

/**
 * Request parameters of a resource: the element-wide ones, of which those give way that go to the same place, then its
 * own (spec 11 §3.6).
 */
export function parametersOf(element: Element, resource: Resource): Parameter[] {
  const wide = (element.parameters ?? []).filter(isRequestParameter).map(normalizeSwapped)
  const own = (resource.parameters ?? []).filter(isRequestParameter).map(normalizeSwapped)
  const taken = new Set(own.map(destinationOf))
  const all = [...wide.filter((parameter) => !taken.has(destinationOf(parameter))), ...own]
  if (isCallable(resource) || !all.some(({ vendorType }) => vendorType === 'form')) return all
  // in a form such a parameter only names a member of the answer (spec 11 §3.7)
  return all.filter(({ type, vendorType }) => type !== 'configuration' || vendorType !== 'bodyField')
}

export function compileParameters(parameters: readonly Parameter[], label: string): Apply[] {
  return parameters
    .filter((parameter) => !isSpecial(parameter))
    .flatMap((parameter) => compileParameter(parameter, label))
}

export function compileWhere(parameters: readonly Parameter[]): WherePlan | undefined {
  const parameter = parameters.find(({ type, name }) => type === 'query' && name === 'where')
  if (!parameter) return undefined
  const prefixed = /^converter:(\w+)$/.exec(parameter.vendorName)?.[1]
  // the raw text of an unknown converter needs a name that a vendor could know (spec 21 §2.2)
  const vendorName = prefixed === undefined ? parameter.vendorName : parameter.name
  return {
    name: parameter.name,
    required: parameter.required === true,
    converter: parameter.converter || prefixed,
    vendorName: ownNameOf(parameter, prefixed !== undefined),
    target: isNoOp(parameter) ? 'hooks' : 'query',
    place: placeOf({ ...parameter, vendorName }) ?? (() => undefined),
  }
}

/** What the element calls the parameter or the token that takes a converted filter, if it says. */
function ownNameOf(parameter: Parameter, isPrefixed: boolean): string | undefined {
  if (isNoOp(parameter)) return tokenName(parameter.vendorName)
  return isPrefixed ? undefined : parameter.vendorName
}

/** Every name that a template of this resource may carry in braces. */
export function tokensOf(parameters: readonly Parameter[]): Tokens {
  return compileTokens(
    parameters.flatMap(({ vendorType, vendorName, converter }) => {
      if (vendorType === 'bodyToken') return [vendorName]
      const token = tokenName(vendorName)
      if (token !== undefined) return [token]
      // a converter may fill a token of its own (spec 11 §3.9)
      return converter && parameters.some(({ type, name }) => type === 'value' && name.includes('{query}'))
        ? ['query']
        : []
    }),
  )
}

export function placeOf(parameter: Parameter | undefined): Place | undefined {
  if (!parameter) return undefined
  return known(destinations, isNoOp(parameter) ? 'no-op' : parameter.vendorType)?.(parameter)
}

export function isNoOp({ vendorType }: Parameter): boolean {
  return vendorType.toLowerCase() === 'no-op'
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

/** Names come from elements: `constructor` is none. */
function known<T>(table: Readonly<Record<string, T>>, name: string | undefined): T | undefined {
  return name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined
}
