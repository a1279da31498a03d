import { MAX_JSON_DEPTH } from '../model/json-depth.ts'
import { asList } from './as-list.ts'

/**
 * Keeps the work for a record in proportion to it. A transformation may have a thousand fields that each walk the same
 * list, and definitions may contain themselves, even twice.
 */

/** Elements that fields may visit for one record. A list that is past it counts as missing. */
const MAX_VISITS = 500_000
/** No definition has that many fields for one and the same object. */
const MAX_TIMES = 16
/** What takes as long as a visit. */
export const FIELDS_OF_A_VISIT = 4
export const VISITS_OF_A_DATE = 20

/** A record is mapped in one go, so these belong to the one that is under way, whatever definitions it passes through. */
let visits = 0
let depth = 0
const timesMapped = new Map<object, number>()

/** To be called where a record comes in. */
export function startRecord(): void {
  if (depth === 0) visits = 0
}

/** Of the record that was mapped last: how much work it was. */
export function visitsOfRecord(): number {
  return visits
}

/** The elements of a list, or of what should have been one, for a walk through them. @param times how often, if not once */
export function elementsOf(value: unknown, times = 1): readonly unknown[] | undefined {
  const list = asList(value)
  if (list) visits += list.length * times
  return visits > MAX_VISITS ? undefined : list
}

/** Whether that many elements more may be made. */
export function mayVisit(count: number): boolean {
  visits += count
  return visits <= MAX_VISITS
}

/**
 * Maps an object inside a record by a definition of its own, a few times at most, and no deeper than documents go.
 *
 * @param fields how many the definition has
 * @returns the object itself past that
 */
export function mapNested(value: object, fields: number, map: (value: object) => unknown): unknown {
  const times = timesMapped.get(value) ?? 0
  if (depth > MAX_JSON_DEPTH || times >= MAX_TIMES || !mayVisit(1 + fields / FIELDS_OF_A_VISIT)) return value
  timesMapped.set(value, times + 1)
  depth++
  try {
    return map(value)
  } finally {
    depth--
    if (depth === 0) timesMapped.clear()
  }
}
