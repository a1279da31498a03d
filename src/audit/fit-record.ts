import { isObject } from '../model/is-object.ts'

/** of one side; a record is read by people, and lists of records come in pages of thousands */
const MAX_BYTES = 32 * 1024
const MAX_PATHS = 100
const MAX_PATH_LENGTH = 200

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
  const { paths, count } = leavesOf(side, '', { paths: [], count: 0 })
  const more = count - paths.length
  const truncated: Truncated = { truncated: true, sizeBytes, changed: paths, ...(more > 0 && { more }) }
  return JSON.stringify(truncated)
}

interface Leaves {
  paths: string[]
  count: number
}

function leavesOf(value: unknown, path: string, found: Leaves): Leaves {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) leavesOf(item, `${path}[${nameOf(item) ?? index}]`, found)
  } else if (isObject(value) && !(value instanceof Date)) {
    for (const [name, member] of Object.entries(value)) leavesOf(member, path === '' ? name : `${path}.${name}`, found)
  } else {
    found.count++
    if (found.paths.length < MAX_PATHS) found.paths.push(path.slice(0, MAX_PATH_LENGTH))
  }
  return found
}

function nameOf(part: unknown): unknown {
  return isObject(part) ? (part['id'] ?? part['key']) : undefined
}
