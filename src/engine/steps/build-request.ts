import { ValenceError } from '../../errors.ts'
import { serialize } from '../body/serialize.ts'
import type { Exchange } from '../exchange.ts'
import type { Step } from '../ports.ts'
import { wrapInPath } from '../root-path.ts'

/**
 * Address, query, headers and body of the vendor request, from what the parameters placed (spec 11 §3.10 steps 3–7).
 * @throws ValenceError PARAMETER_INVALID for a dot segment
 */
export const buildRequest: Step = (exchange) => {
  const { vendor, resource } = exchange
  vendor.url = withQuery(addressOf(exchange), vendor.query)
  vendor.headers['accept'] ??= 'application/json'
  vendor.headers['user-agent'] ??= 'Valence'
  if (vendor.bodyFields) {
    vendor.body = isObject(vendor.body) ? { ...vendor.body, ...vendor.bodyFields } : vendor.bodyFields
  }
  if (resource.requestRoot && isPresent(vendor.body)) vendor.body = wrapInPath(vendor.body, resource.requestRoot)
  // GET and HEAD send no body, whatever is declared (spec 11 §3.10 step 10)
  if (resource.vendorMethod === 'GET' || resource.vendorMethod === 'HEAD') {
    vendor.body = undefined
    vendor.form = undefined
  }
  serialize(vendor)
  return exchange
}

function addressOf({ plan, instance, pathVariables, resource, vendor }: Exchange): string {
  const path = resource.vendorPath
    .fill((name) => {
      const value = vendor.pathValues[name] ?? pathVariables[name] ?? instance.configuration[name]
      // a dot segment would leave the vendor path that the element declares
      if (value === '.' || value === '..') {
        throw new ValenceError('PARAMETER_INVALID', `${resource.label}: {${name}} must not be "${value}"`)
      }
      return isPresent(value) ? percentEncode(value) : undefined
    })
    // an optional last segment that nothing filled (spec 11 §3.10 step 9)
    .replace(/\/\{[^{}/]+\}(?=$|\?)/, '')
  if (/^https?:\/\//i.test(path)) return path
  const base = plan.baseUrl(instance.configuration, vendor.pathValues)
  // a base that ends in `?apikey=…` takes vendor paths that start with `&` (spec 11 §3.10 step 5)
  if (path === '' || /^[?&]/.test(path)) return base + path
  return `${base.endsWith('/') ? base.slice(0, -1) : base}${path.startsWith('/') ? '' : '/'}${path}`
}

function withQuery(address: string, query: readonly [name: string, value: string][]): string {
  let url = address
  let separator = address.includes('?') ? '&' : '?'
  for (const [name, value] of query) {
    url += `${separator}${percentEncode(name)}=${percentEncode(value)}`
    separator = '&'
  }
  return url
}

/** Half a surrogate pair, which JSON and filters may contain, cannot be encoded and becomes U+FFFD. */
function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

function isPresent<T>(value: T | null | undefined): value is T {
  return value !== undefined && value !== null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
