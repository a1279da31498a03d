import type { Element, Resource } from '../../../src/model/element.ts'
import { type Described, segmentsOf, splitAddress } from './described-paths.ts'

/** What the descriptions say of one method and path that an element calls. */
export interface Judged {
  method: string
  /** with the path of the base URL, without query */
  path: string
  /** `other methods`: the path is described, this method of it is not; `scripted`: a script builds the path */
  verdict: 'described' | 'other methods' | 'missing' | 'scripted'
  /** where it is described */
  by?: Described
}

/** Every vendor method and path of an element once, in the order of its resources. */
export function judgePaths(element: Element, descriptions: readonly Described[]): Judged[] {
  const judged = new Map<string, Judged>()
  for (const resource of element.resources) {
    if (resource.vendorPath === undefined || resource.type === 'formulaAsResource') continue
    const one = judge(resource, element, descriptions)
    const key = `${one.method} ${one.path}`
    if (!judged.has(key)) judged.set(key, one)
  }
  return [...judged.values()]
}

function judge(resource: Resource, element: Element, descriptions: readonly Described[]): Judged {
  const { vendorPath = '' } = resource
  const method = (resource.vendorMethod ?? resource.method).toUpperCase()
  const base = element.configuration.find(({ key }) => key === 'base.url')?.defaultValue ?? ''
  const address = /^https?:\/\//.test(vendorPath) ? vendorPath : `${base}${vendorPath}`
  const { host, path } = splitAddress(address)
  if (buildsPath(resource)) return { method, path, verdict: 'scripted' }
  const segments = segmentsOf(path)
  const there = descriptions.filter((one) => isSameHost(one.host, host) && describes(one.segments, segments))
  const exact = there.filter((one) => one.method === method)
  // a path that is spelled out comes before one that has a variable in that place
  const [by] = exact.toSorted((a, b) => variables(a) - variables(b))
  if (by) return { method, path, verdict: 'described', by }
  return { method, path, verdict: there.length > 0 ? 'other methods' : 'missing' }
}

/** Where one of the two leaves its host open, only the paths are compared. */
function isSameHost(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other
}

/** A word may stand where the description has a variable (`/users/me`), never the other way round. */
function describes(described: readonly string[], called: readonly string[]): boolean {
  return (
    described.length === called.length &&
    described.every((segment, at) => segment === called[at] || segment === '{}' || fills(segment, called[at] ?? ''))
  )
}

/** `search(q='{}')` is filled by `search(q='x')`. */
function fills(described: string, called: string): boolean {
  if (!described.includes('{}')) return false
  const parts = described.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.+')}$`).test(called)
}

function variables({ segments }: Described): number {
  return segments.filter((segment) => segment.includes('{}')).length
}

function buildsPath({ hooks = [] }: Resource): boolean {
  return hooks.some(({ type, body }) => type === 'preRequest' && /request_vendor_(path|url)\s*:/.test(String(body)))
}
