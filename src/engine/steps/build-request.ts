import { ValenceError } from '../../errors.ts'
import { isObject } from '../../model/is-object.ts'
import { ownValue } from '../../model/own-value.ts'
import { percentEncode } from '../address-of.ts'
import type { Exchange } from '../exchange.ts'
import { parseJson } from '../parse-json.ts'
import type { Step } from '../ports.ts'
import { wrapInPath } from '../root-path.ts'

/**
 * Base, path, headers and body of the vendor request, from what the parameters placed and as hooks are to see them
 * (spec 11 §3.10 steps 3–7). `finishRequest` writes them out.
 * @throws ValenceError PARAMETER_INVALID for a dot segment
 */
export const buildRequest: Step = (exchange) => {
  const { vendor, resource, plan, instance } = exchange
  vendor.baseUrl = plan.baseUrl(instance.configuration, vendor.pathValues)
  vendor.path = pathOf(exchange)
  for (const pair of vendor.queryTemplates) pair[1] = resource.tokens.fill(pair[1], vendor.tokens)
  for (const field of vendor.formTemplates) field[1] = resource.tokens.fill(field[1], vendor.tokens)
  vendor.headers['accept'] ??= 'application/json'
  vendor.headers['user-agent'] ??= 'Valence'
  buildBody(exchange)
  return exchange
}

function buildBody({ vendor, resource }: Exchange): void {
  if (typeof vendor.body === 'string') vendor.body = resource.tokens.fill(vendor.body, vendor.tokens)
  if (vendor.bodyFields) vendor.body = withFields(vendor.body, vendor.bodyFields)
  // text that is XML has its root already
  const isMarkup = typeof vendor.body === 'string' && vendor.body.trimStart().startsWith('<')
  if (resource.requestRoot && vendor.body !== undefined && vendor.body !== null && !isMarkup) {
    vendor.body = wrapInPath(vendor.body, resource.requestRoot)
  }
}

/** `bodyField`s are added onto an object, also onto one that a template wrote (spec 11 §3.10 step 6). */
function withFields(body: unknown, fields: Record<string, unknown>): unknown {
  // text may be a template that tokens or hooks have yet to make JSON
  const present = typeof body === 'string' && body.trimStart().startsWith('{') ? parseJson(body) : body
  if (isObject(present)) return merged(present, fields)
  return body === undefined || body === null ? fields : body
}

/** A field `a.b` leaves the rest of `a` as it was; neither object is changed. */
function merged(body: Readonly<Record<string, unknown>>, fields: Readonly<Record<string, unknown>>): unknown {
  const inner = Object.entries(fields).map(([name, value]) => {
    const present = Object.hasOwn(body, name) ? body[name] : undefined
    return [name, isObject(present) && isObject(value) ? merged(present, value) : value] as const
  })
  return { ...body, ...Object.fromEntries(inner) }
}

function pathOf({ instance, pathVariables, resource, vendor }: Exchange): string {
  return resource.vendorPath.fill((name, isPath) => {
    const value =
      ownValue(vendor.pathValues, name) ?? ownValue(pathVariables, name) ?? ownValue(instance.configuration, name)
    // a dot segment would leave the vendor path that the element declares
    const segments = isPath && value ? value.split('/') : [value]
    if (segments.some((segment) => segment === '.' || segment === '..')) {
      throw new ValenceError('PARAMETER_INVALID', `${resource.label}: {${name}} must not be "${value}"`)
    }
    return value === undefined || value === null ? undefined : percentEncode(value)
  })
}
