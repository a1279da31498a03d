import type { Element } from '../model/element.ts'
import { originPattern } from './vendor-origins.ts'
import { configurationDefault } from './vendor-paging.ts'
import { pathSegments } from './vendor-path.ts'

/** `base.url`, as far as the element says it. */
export interface BaseAddress {
  /** without trailing slash: `/v2` */
  path: string
  /** undefined when the host has placeholders */
  origin: string | undefined
  /** an instance completes the address: nobody knows what its path begins with */
  isOpen: boolean
}

/** Where a `vendorPath` leads. */
export interface VendorAddress {
  /** with a leading slash, below the base unless `isAbsolute` */
  path: string
  isAbsolute: boolean
  /** the query part; values with placeholders are undefined */
  query: [string, string | undefined][]
}

/** An address that an instance has to complete counts from its first `/`. */
export function baseAddress(element: Element): BaseAddress {
  const url = configurationDefault(element, 'base.url') ?? ''
  const isAddress = /^https?:\/\/[^/?#]/i.test(url)
  const path = isAddress ? pathOf(url) : (/^[^/?#]*(\/[^?#]*)/.exec(url)?.[1] ?? '')
  const origin = originOf(url)
  // `https://{region}.acme.test` completes a host only; `https://{host}`, `{baseUrl}` and nothing may be any address
  const isOpen = originPattern(url) === undefined
  return { path: path.replace(/\/+$/, ''), origin, isOpen }
}

/**
 * Relative paths with and without slash, absolute addresses, query parts, and those that begin with `&` or `?`: they go on
 * where a base address with a query ends (spec 11 §3.10).
 */
export function vendorAddress(vendorPath: string | undefined): VendorAddress {
  const text = (vendorPath ?? '').trim()
  const isAbsolute = /^https?:\/\//i.test(text)
  const below = isAbsolute ? text.replace(/^https?:\/\/[^/?#&]*/i, '') : text
  const end = below.search(/[?&#]/)
  const path = end < 0 ? below : below.slice(0, end)
  const queryText = end < 0 ? '' : (below.slice(end + 1).split('#')[0] ?? '')
  return { path: `/${pathSegments(path).join('/')}`, isAbsolute, query: readQuery(queryText) }
}

function readQuery(text: string): [string, string | undefined][] {
  const entries = [...new URLSearchParams(text.replaceAll('?', '&'))].slice(0, 50)
  return entries
    .filter(([name]) => name !== '' && !/[{}]/.test(name))
    .map(([name, value]) => [name, /[{}]/.test(value) ? undefined : value])
}

/** Path of an address that may hold `{placeholders}`, which `URL` would refuse in a host. */
export function pathOf(url: string): string {
  return /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? url
}

export function originOf(url: string): string | undefined {
  const origin = /^https?:\/\/[^/?#]+/i.exec(url)?.[0]
  return origin === undefined || origin.includes('{') || !URL.canParse(origin) ? undefined : new URL(origin).origin
}
