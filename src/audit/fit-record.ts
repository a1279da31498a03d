import { isObject } from '../model/is-object.ts'

/** of one side; a record is read by people, and lists of records come in pages of thousands */
const MAX_BYTES = 32 * 1024
const MAX_PATHS = 100
const MAX_PATH_LENGTH = 200

/** How deep the paths go: all the way, or, where those were too many, as deep as it takes to name them all. */
const DEPTHS = [Number.POSITIVE_INFINITY, 4, 3, 2, 1]

/** What stands in place of a side that is too long. */
export interface Truncated {
  truncated: true
  /** what the side would have had */
  sizeBytes: number
  /** where something differs: `resources[7].hooks[9].body`; parts by their id or key, others by their place */
  changed: string[]
  /** how many more than `changed` names */
  more?: number
}

/**
 * One side of a difference as it is stored: JSON text of at most 32 KiB, or, where it would be longer, what differs without
 * how.
 *
 * @returns null for a side that is absent
 */
export function fitRecord(side: unknown): string | null {
  if (side === undefined) return null
  const text = JSON.stringify(side)
  const sizeBytes = Buffer.byteLength(text)
  if (sizeBytes <= MAX_BYTES) return text
  const { paths, count } = placesOf(side)
  const more = count - paths.length
  const truncated: Truncated = { truncated: true, sizeBytes, changed: paths, ...(more > 0 && { more }) }
  return JSON.stringify(truncated)
}

interface Places {
  paths: string[]
  count: number
}

function placesOf(side: unknown): Places {
  let found: Places = { paths: [], count: 0 }
  for (const depth of DEPTHS) {
    found = collect(side, '', depth, { paths: [], count: 0 })
    if (found.count <= MAX_PATHS) break
  }
  return found
}

function collect(value: unknown, path: string, depth: number, found: Places): Places {
  const inside = depth === 0 ? [] : stepsInto(value)
  for (const [step, member] of inside)
    collect(member, path + (path === '' ? step.replace(/^\./, '') : step), depth - 1, found)
  if (inside.length > 0) return found
  found.count++
  if (found.paths.length < MAX_PATHS) found.paths.push(path.slice(0, MAX_PATH_LENGTH))
  return found
}

function stepsInto(value: unknown): [step: string, member: unknown][] {
  if (Array.isArray(value)) return value.map((item, index) => [`[${nameOf(item) ?? index}]`, item])
  if (!isObject(value) || value instanceof Date) return []
  return Object.entries(value).map(([name, member]) => [`.${name}`, member])
}

function nameOf(part: unknown): unknown {
  return isObject(part) ? (part['id'] ?? part['key']) : undefined
}
