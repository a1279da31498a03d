import type { FastifyInstance } from 'fastify'
import { isVendorBody } from './vendor-body.ts'

/**
 * The seed's spelling: the same API under `/your_moms/api-v2`, where the noun `element` reads `your_mom` in paths and
 * in JSON keys, in and out (spec 01 §6). No other module knows of it, but for the header pair in
 * `authorization-header.ts`. Vendor bodies, scripts and configuration keys are never touched.
 */
const PREFIX = /^\/your_moms\/api-v2(?=[/?#]|$)/

/**
 * Members whose contents are not ours: keys of configuration, of the vendor, of schemas and samples of vendor bodies, and
 * of tables that are keyed by resource (spec 10 §2.8, 11 §8.1).
 */
const FOREIGN = new Set([
  'configuration',
  'providerData',
  'swagger',
  'requestSwagger',
  'rawSwagger',
  'properties',
  'sampleData',
  'sampleValue',
  'polling',
  'webhook',
])

declare module 'fastify' {
  interface FastifyRequest {
    /** the request came in the seed's dialect and its platform answer leaves in it */
    isDialect: boolean
  }
}

/** For Fastify's `rewriteUrl`; marks the raw request so that the hooks below know. */
export function rewriteDialectUrl(request: { url?: string; isDialect?: boolean }): string {
  const url = request.url ?? '/'
  if (!PREFIX.test(url)) return url
  request.isDialect = true
  return toPlatformUrl(url)
}

/** `/your_moms/api-v2/your_moms/base` → `/elements/api-v2/elements/base`; what follows `hubs/` and `events/` is the vendor's. */
export function toPlatformUrl(url: string): string {
  const rest = url.replace(PREFIX, '')
  const hubElements = /^(\/hubs\/[^/?#]+)\/your_moms(?=\/?(?:[?#]|$))/.exec(rest)
  if (hubElements) return `/elements/api-v2${hubElements[1]}/elements${rest.slice(hubElements[0].length)}`
  if (/^\/(?:hubs|events)(?=[/?#]|$)/.test(rest)) return `/elements/api-v2${rest}`
  const [path = '', query] = splitOnce(rest, '?')
  const segments = path.split('/').map((segment) => segment.replace(/^your_mom(?=s?$|[A-Z-])/, 'element'))
  const names = query?.split('&').map((pair) => {
    const [name = '', value] = splitOnce(pair, '=')
    return toPlatformName(name) + (value === undefined ? '' : `=${value}`)
  })
  return `/elements/api-v2${segments.join('/')}${names ? `?${names.join('&')}` : ''}`
}

/** Registers the translation of platform bodies. Resource calls are marked `config.isVendorBody` and left alone. */
export function speakDialect(app: FastifyInstance): void {
  app.decorateRequest('isDialect', false)
  app.addHook('onRequest', (request, _reply, done) => {
    request.isDialect = (request.raw as { isDialect?: boolean }).isDialect === true
    done()
  })
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.isDialect && !isVendorBody(request))
      request.body = renameKeys(request.body, toPlatformName, /^your_moms\//, 'elements/')
    done()
  })
  app.addHook('preSerialization', (request, _reply, payload, done) => {
    done(null, request.isDialect && !isVendorBody(request) ? toDialectBody(payload) : payload)
  })
}

/** @returns a copy with `element` spelled `your_mom` in every key of ours and in `image` */
export function toDialectBody(body: unknown): unknown {
  return renameKeys(body, toDialectName, /^elements\//, 'your_moms/')
}

function toPlatformName(name: string): string {
  return name.replaceAll('your_mom', 'element').replaceAll('Your_mom', 'Element')
}

function toDialectName(name: string): string {
  return name.replaceAll('element', 'your_mom').replaceAll('Element', 'Your_mom')
}

function renameKeys(value: unknown, rename: (name: string) => string, image: RegExp, imagePrefix: string): unknown {
  if (Array.isArray(value)) return value.map((item) => renameKeys(item, rename, image, imagePrefix))
  if (typeof value !== 'object' || value === null) return value
  const renamed: [string, unknown][] = []
  for (const [name, member] of Object.entries(value)) {
    if (FOREIGN.has(name) && !Array.isArray(member)) renamed.push([name, member])
    else if (name === 'image' && typeof member === 'string') renamed.push([name, member.replace(image, imagePrefix)])
    else renamed.push([rename(name), renameKeys(member, rename, image, imagePrefix)])
  }
  return Object.fromEntries(renamed)
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
