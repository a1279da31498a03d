import { ValenceError } from '../errors.ts'
import { ELEMENT_PARTS, type Part, type PartKind, partsOf } from './part-kinds.ts'

/** Far above what is seen: the largest real export has 1 794 parts, 104 resources and 57 rows. */
const MAX = {
  /** each is completed, numbered, frozen and shown at every change */
  parts: 30_000,
  /** each is compiled when the element is first used */
  resources: 5_000,
  /** each instance in memory has every default */
  configuration: 1_000,
  /** parameters of the whole element are compiled into each resource */
  appliedParameters: 50_000,
}

/**
 * An element may have so many parts and no more: whatever handles one, handles it in one go, and others wait.
 * @throws ValenceError BODY_TOO_LARGE (413)
 */
export function assertElementSize(document: Part): void {
  const sizeOf = (member: string) => partsOf(document, { member }).length
  const resources = sizeOf('resources')
  assertAtMost('resources', resources, MAX.resources)
  assertAtMost('configuration rows', sizeOf('configuration'), MAX.configuration)
  assertAtMost('parts', countOf(ELEMENT_PARTS, document), MAX.parts)
  assertAtMost('parameters of its own in all its resources', resources * sizeOf('parameters'), MAX.appliedParameters)
}

function countOf(kinds: readonly PartKind[], owner: Part): number {
  let count = 0
  for (const kind of kinds) for (const part of partsOf(owner, kind)) count += 1 + countOf(kind.parts, part)
  return count
}

function assertAtMost(what: string, count: number, most: number): void {
  if (count <= most) return
  throw new ValenceError('BODY_TOO_LARGE', `The element has ${count} ${what}, more than ${most}`)
}
