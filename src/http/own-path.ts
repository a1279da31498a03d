import { API_PREFIX } from './dispatch.ts'

/**
 * Of an address that somebody wants called: what it is in our own API.
 *
 * @param address absolute, or a path of ours that begins with `/`, with or without `/elements/api-v2`
 * @param publicUrl with the path below which a proxy serves us
 * @returns path below `/elements/api-v2`, which begins with `/`, and query; undefined for an address of somebody else
 */
export function ownPath(address: string, publicUrl: string): string | undefined {
  const base = new URL(publicUrl)
  const isRelative = address.startsWith('/') && !/^\/[/\\]/.test(address)
  const url = URL.parse(isRelative ? `${base.origin}${address}` : address)
  if (!url || url.host !== base.host) return undefined
  const folder = isRelative && !url.pathname.startsWith(base.pathname) ? '' : base.pathname.replace(/\/$/, '')
  const prefix = `${folder}${API_PREFIX}/`
  if (url.pathname.startsWith(prefix)) return belowPrefix(url.pathname.slice(prefix.length - 1)) + url.search
  return isRelative ? url.pathname + url.search : undefined
}

/** Whoever calls the path takes another prefix for the first one: judged and called is what is below all of them. */
function belowPrefix(path: string): string {
  let below = path
  while (below.startsWith(`${API_PREFIX}/`)) below = below.slice(API_PREFIX.length)
  return below
}
