import type { Element } from '../model/element.ts'
import { configurationDefault } from './vendor-paging.ts'

const ADDRESS_KEYS = [
  'base.url',
  'oauth.authorization.url',
  'oauth.token.url',
  'oauth.token.refresh_url',
  'oauth.token.revoke_url',
  'oauth.request.url',
]

/** Every vendor can be reached by this name too: what an instance says where the element leaves the whole address open. */
const OWN_DOMAIN = 'simulator.test'

/**
 * Origins of `base.url`, the OAuth addresses and absolute vendor paths. A placeholder in a host becomes `*`
 * (`https://*.acme.test`); hosts that are nothing but placeholders have none.
 */
export function elementOrigins(element: Element): string[] {
  const urls = [
    ...ADDRESS_KEYS.map((key) => configurationDefault(element, key) ?? ''),
    ...element.resources.map((resource) => resource.vendorPath ?? ''),
  ]
  return [...new Set(urls.map(originPattern).filter((origin) => origin !== undefined))]
}

/** @param name of the vendor, see `vendorName` */
export function ownOrigin(name: string): string {
  return `https://${name.toLowerCase()}.${OWN_DOMAIN}`
}

/** Placeholders of a host as one `*`, before at least two labels that are known: `*.com` would stand for half the web. */
export function originPattern(url: string): string | undefined {
  const [, scheme, authority = ''] = /^(https?):\/\/([^/?#]{1,253})/i.exec(url) ?? []
  if (scheme === undefined) return undefined
  const host = authority.replace(/\{[^{}]*\}(?:[^{}]*\{[^{}]*\})*/, '*').toLowerCase()
  if (host.includes('*') && !/^[^*]*\*[^*]*\.[^.*]+\.[^.*]+$/.test(host)) return undefined
  const plain = URL.parse(`${scheme}://${host.replace('*', 'x')}`)
  if (plain === null || plain.username !== '') return undefined
  return host.includes('*') ? URL.parse(`${scheme}://${host}`)?.origin : plain.origin
}

/** The element's key as one segment of a path and, in lower case, one label of a host. */
export function vendorName(key: string): string {
  const name = key.replace(/[^\w.-]+/g, '-').replace(/^[-_.]+|[-.]+$/g, '')
  return name === '' ? 'element' : name
}
