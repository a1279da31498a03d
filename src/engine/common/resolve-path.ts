import type { Mapping } from '../../transform/mapping.ts'
import type { Plan } from '../plan.ts'
import type { CommonResources } from './common-resources.ts'
import { vendorPath } from './vendor-path.ts'

/** A path that names a common resource, as the element's. */
export interface ResolvedPath {
  path: string
  /** of the last name in it: whose records these are; undefined when only parents are common resources */
  mapping: Mapping | undefined
  /** the last of those that the path names */
  objectName: string
}

type MappingOf = CommonResources['mappingOf']

/**
 * @param path the caller's, below the hub, percent-encoded
 * @returns undefined when it names none; no promise where mappings are known
 */
export function resolvePath(
  plan: Plan,
  path: string,
  mappingOf: MappingOf,
): ResolvedPath | undefined | Promise<ResolvedPath | undefined> {
  const segments = path.split('/').filter((segment) => segment !== '')
  return find(plan, segments, 0, new Map(), mappingOf)
}

/** Names stand at every second place. */
function find(
  plan: Plan,
  segments: readonly string[],
  from: number,
  found: Map<number, Mapping>,
  mappingOf: MappingOf,
): ResolvedPath | undefined | Promise<ResolvedPath | undefined> {
  for (let at = from; at < segments.length; at += 2) {
    const mapping = mappingOf(decoded(segments[at] ?? ''))
    if (mapping instanceof Promise) {
      return mapping.then((loaded) => {
        if (loaded) found.set(at, loaded)
        return find(plan, segments, at + 2, found, mappingOf)
      })
    }
    if (mapping) found.set(at, mapping)
  }
  const last = [...found.values()].at(-1)
  if (!last) return undefined
  const mapping = found.get(segments.length - 1 - ((segments.length - 1) % 2))
  return { path: vendorPath(plan, segments, found), mapping, objectName: last.objectName }
}

function decoded(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
