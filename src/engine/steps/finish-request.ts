import { ValenceError } from '../../errors.ts'
import { ownValue } from '../../model/own-value.ts'
import { percentEncode, urlOf } from '../address-of.ts'
import { encodeBody } from '../body/encode-body.ts'
import type { Exchange } from '../exchange.ts'
import type { Ports, Step } from '../ports.ts'

/** A list in a body may become that many parameters; no vendor takes an address so long. */
const MAX_QUERY = 10_000

/**
 * The request as it goes out: what hooks left is written as an address and a body (spec 11 §3.10 steps 9 and 10).
 * @throws ValenceError PARAMETER_INVALID for a path that climbs out of the base, or a query without end
 */
export const finishRequest: Step = (exchange, ports) => {
  const { vendor, resource } = exchange
  if (resource.hooks.pre.length > 0) {
    vendor.path = refilled(exchange)
    assertNoDotSegment(exchange)
  }
  dropBodyOfGet(exchange)
  clearTemplates(exchange)
  if (typeof vendor.body === 'string') vendor.body = resource.tokens.clear(vendor.body)
  vendor.path = resource.tokens.clear(withoutOpenEnd(vendor.path))
  const put = webhookAddress(exchange, ports)
  for (const field of vendor.form ?? []) field[1] = put(field[1])
  for (const part of vendor.parts ?? []) if ('value' in part) part.value = put(part.value)
  encodeBody(vendor, ports.random)
  putInWritten(exchange, put)
  if (vendor.query.length > MAX_QUERY) {
    throw new ValenceError(
      'PARAMETER_INVALID',
      `${resource.label}: ${vendor.query.length} query parameters are more than ${MAX_QUERY}`,
    )
  }
  vendor.url = urlOf(vendor)
  return exchange
}

/** GET and HEAD send no body unless a hook sets one, whatever is declared (spec 11 §3.10 step 10). */
function dropBodyOfGet({ vendor }: Exchange): void {
  if ((vendor.method !== 'GET' && vendor.method !== 'HEAD') || vendor.fromHooks?.body) return
  vendor.body = undefined
  vendor.upload = undefined
  vendor.form = undefined
  vendor.parts = undefined
}

/** Declared tokens that nothing filled go; a parameter that was nothing else goes with them. */
function clearTemplates({ vendor, resource }: Exchange): void {
  for (const field of vendor.formTemplates) field[1] = resource.tokens.clear(field[1])
  if (vendor.queryTemplates.length === 0) return
  for (const pair of vendor.queryTemplates) pair[1] = resource.tokens.clear(pair[1])
  vendor.query = vendor.query.filter((pair) => pair[1] !== '' || !vendor.queryTemplates.includes(pair))
}

/** Placeholders in a path that a hook returned are filled like declared ones (spec 11 §6.4). */
function refilled({ vendor, pathVariables, instance }: Exchange): string {
  return vendor.path.replace(/\{:?([^{}/?&=]+)\}/g, (placeholder, name: string) => {
    const value =
      ownValue(vendor.pathValues, name) ?? ownValue(pathVariables, name) ?? ownValue(instance.configuration, name)
    return value === undefined || value === null ? placeholder : percentEncode(value)
  })
}

/** An optional last segment that nothing filled (spec 11 §3.10 step 9). */
function withoutOpenEnd(path: string): string {
  return path.includes('{') ? path.replace(/\/\{[^{}/]+\}(?=$|\?)/, '') : path
}

function assertNoDotSegment({ vendor, resource }: Exchange): void {
  const [path = ''] = vendor.path.split(/[?#]/, 1)
  if (!/(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(path)) return
  throw new ValenceError(
    'PARAMETER_INVALID',
    `${resource.label}: the vendor path "${path}" must not contain "." or ".."`,
  )
}

const WEBHOOK = /\{\{webhookCallbackUrl\}\}|\{webhookCallbackUrl\}/g
/** in a form that was written from a value */
const ENCODED_WEBHOOK = /(?:%7B){1,2}webhookCallbackUrl(?:%7D){1,2}/gi

/** Where this instance's events arrive, wherever a template or a hook asked for it (spec 40 §5). */
function webhookAddress({ plan, instance }: Exchange, ports: Ports): (text: string) => string {
  return (text) => {
    if (!text.includes('webhookCallbackUrl')) return text
    const url = ports.webhookUrl(plan.element.key, instance)
    return text.replace(WEBHOOK, () => url).replace(ENCODED_WEBHOOK, () => encodeURIComponent(url))
  }
}

function putInWritten({ vendor }: Exchange, put: (text: string) => string): void {
  for (const pair of vendor.query) pair[1] = put(pair[1])
  if (typeof vendor.body === 'string') vendor.body = put(vendor.body)
  for (const name in vendor.headers) vendor.headers[name] = put(vendor.headers[name] as string)
}
