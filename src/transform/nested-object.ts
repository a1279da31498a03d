import { MAX_JSON_DEPTH } from '../model/json-depth.ts'

/** No definition has that many fields for one and the same object. */
const MAX_TIMES = 16

/** A record is mapped in one go, so these belong to the one that is under way, whatever definitions it passes through. */
let depth = 0
const timesMapped = new Map<object, number>()

/**
 * Maps an object inside a record by a definition of its own. Definitions may contain themselves, even twice; so that the
 * work stays in proportion to the record, an object is mapped a few times, and no deeper than documents go.
 *
 * @returns the object itself past that
 */
export function mapNested(value: object, map: (value: object) => unknown): unknown {
  const times = timesMapped.get(value) ?? 0
  if (depth > MAX_JSON_DEPTH || times >= MAX_TIMES) return value
  timesMapped.set(value, times + 1)
  depth++
  try {
    return map(value)
  } finally {
    depth--
    if (depth === 0) timesMapped.clear()
  }
}
