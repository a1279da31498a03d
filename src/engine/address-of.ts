import type { QueryPair, VendorDraft } from './vendor-draft.ts'

/** Base and path joined: one slash at the seam, wherever it was written (spec 11 §3.10 steps 3 and 5). */
export function addressOf({ baseUrl, path }: Pick<VendorDraft, 'baseUrl' | 'path'>): string {
  if (/^https?:\/\//i.test(path)) return path
  // a base that ends in `?apikey=…` takes vendor paths that start with `&`
  if (path === '' || /^[?&]/.test(path)) return baseUrl + path
  return `${baseUrl.endsWith('/') ? baseUrl.slice(0, -1) : baseUrl}${path.startsWith('/') ? '' : '/'}${path}`
}

/** Half a surrogate pair, which JSON and filters may contain, cannot be encoded and becomes U+FFFD. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

/** The complete address: query parameters come after the query that base and path may have (spec 11 §3.10 step 5). */
export function urlOf(vendor: Pick<VendorDraft, 'baseUrl' | 'path' | 'query'>): string {
  return withQuery(addressOf(vendor), vendor.query)
}

function withQuery(address: string, query: readonly QueryPair[]): string {
  let url = address
  let separator = address.includes('?') ? '&' : '?'
  for (const [name, value] of query) {
    url += `${separator}${percentEncode(name)}=${percentEncode(value)}`
    separator = '&'
  }
  return url
}
