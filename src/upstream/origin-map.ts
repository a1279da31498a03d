import { ValenceError } from '../errors.ts'

/**
 * Vendor origin (`https://api.vendor.com`) → where its requests really go: an origin and, if wanted, a path prefix,
 * without a slash at the end (`http://127.0.0.1:9000/vendor`). Everything above `upstream` only sees the true address.
 */
export interface OriginMap {
  get(origin: string): string | undefined
}

export interface LiveOriginMap extends OriginMap {
  /** Requests that begin afterwards follow the new entries. */
  replace(entries: Iterable<readonly [string, string]>): void
}

/**
 * A map whose entries may change, and whose names may hold one `*`: `https://*.vendor.com` stands for every name of
 * letters, digits, dashes and dots in its place. An entry without `*` wins.
 */
export function createOriginMap(entries: Iterable<readonly [string, string]> = []): LiveOriginMap {
  let exact = new Map<string, string>()
  let patterns: { before: string; after: string; target: string }[] = []
  function replace(next: Iterable<readonly [string, string]>): void {
    exact = new Map(next)
    patterns = [...exact]
      .filter(([name]) => name.includes('*'))
      .map(([name, target]) => {
        const star = name.indexOf('*')
        return { before: name.slice(0, star), after: name.slice(star + 1), target }
      })
  }
  replace(entries)
  return {
    replace,
    get(origin) {
      const target = exact.get(origin)
      if (target !== undefined || patterns.length === 0) return target
      return patterns.find((pattern) => fits(origin, pattern.before, pattern.after))?.target
    },
  }
}

function fits(origin: string, before: string, after: string): boolean {
  if (!origin.startsWith(before) || !origin.endsWith(after)) return false
  return /^[\w.-]+$/.test(origin.slice(before.length, origin.length - after.length))
}

/**
 * Reads VALENCE_ORIGIN_MAP.
 * @param text `https://api.vendor.com=http://127.0.0.1:9000,https://*.x.com=http://127.0.0.1:9001/prefix`; empty: no entries
 * @throws ValenceError CONFIGURATION_INVALID naming the entry
 */
export function parseOriginMap(text: string): ReadonlyMap<string, string> {
  const map = new Map<string, string>()
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue
    const equals = entry.indexOf('=')
    if (equals < 0) throw entryInvalid(entry, 'expected origin=target')
    const source = URL.parse(entry.slice(0, equals).trim())
    const target = URL.parse(entry.slice(equals + 1).trim())
    if (!isPlain(source) || source.pathname !== '/') {
      throw entryInvalid(entry, 'the left side must be an origin such as https://api.vendor.com, without a path')
    }
    if (!isReadable(source.host)) {
      throw entryInvalid(entry, 'a * may stand once, before at least two literal labels: https://*.vendor.com')
    }
    if (!isPlain(target))
      throw entryInvalid(entry, 'the right side must be http://host:port or https://host:port, a path may follow')
    if (map.has(source.origin)) throw entryInvalid(entry, `${source.origin} is mapped twice`)
    map.set(source.origin, target.origin + target.pathname.replace(/\/+$/, ''))
  }
  return map
}

/** @returns the address to connect to; `url` itself (normalised) when its origin is not mapped */
export function mapOrigin(map: OriginMap, url: string): string {
  const { origin, pathname, search, href } = new URL(url)
  const target = map.get(origin)
  return target === undefined ? href : target + pathname + search
}

/**
 * The way back, for what a mapped target says of itself (an absolute `Location`).
 * @param target the value of the map for `origin`
 * @returns the vendor's true address; `url` unchanged when it lies outside the target
 */
export function unmapOrigin(origin: string, target: string, url: string): string {
  const rest = url.startsWith(target) ? url.slice(target.length) : undefined
  return rest !== undefined && (rest === '' || /^[/?#]/.test(rest)) ? origin + rest : url
}

/** A pattern for half the web would be a mistake. */
function isReadable(host: string): boolean {
  return !host.includes('*') || /^[^*]*\*[^*]*\.[^.*]+\.[^.*]+$/.test(host)
}

function isPlain(url: URL | null): url is URL {
  if (url === null || !/^https?:$/.test(url.protocol)) return false
  return url.username + url.password + url.search + url.hash === ''
}

function entryInvalid(entry: string, why: string): ValenceError {
  return new ValenceError(
    'CONFIGURATION_INVALID',
    `VALENCE_ORIGIN_MAP: "${entry.replace(/\/\/[^/]*@/g, '//')}": ${why}`,
  )
}
