import { type Decision, decide, type Lens, type PollWindow } from './decide.ts'
import { MAX_REMEMBERED, UNDATED } from './memory.ts'

/** One poll of one resource, while it is read. */
export interface Window {
  lens: Lens
  window: PollWindow
  /** where the next poll begins, when this one misses nothing */
  nextFrom: number
  /** the vendor gives the latest changes first */
  isNewestFirst: boolean
  /** what was told, once that is stored, and what need not be */
  seen: Map<string, number>
  /** the list from its first page on, every time */
  pages(): AsyncIterable<readonly unknown[]>
  /** keeps what was found, and `seen` with its keys: all or nothing */
  store(batch: Batch): Promise<void>
}

export interface WindowRead {
  /** nothing can have been missed: the next poll may begin later */
  isComplete: boolean
  /** keys of all records without a date */
  undated: ReadonlySet<string>
  /** there are more of them than can be remembered: those beyond are not told, or each poll would tell them again */
  isOverfull: boolean
}

/** One event holds no more: its receiver gets all of it at once. */
const MAX_RECORDS = 2_000
/** Of records one after the other: the last one of an event goes beyond. */
const MAX_BYTES = 2_000_000
/** Lists up to this long are read twice. */
const TWICE_PAGES = 10
const MAX_IDS = 500_000

/**
 * Reads what changed in a window.
 *
 * While a list is read page by page, records leave their places: one that changes moves to the end, and every record behind it one
 * place forward, the first of the next page onto the page that was read already. A list of one page has no such gap. One of up to ten is
 * read a second time at once, and misses nothing when both readings found the same below the beginning of the next window; of
 * longer ones, a record that was met twice says that there was movement. When something can have been missed, the next poll reads the same
 * window again: what was told is not told again.
 *
 * @param batch what was found and is not stored; after a throw the caller stores it
 * @throws what `pages` and `store` throw
 */
export async function readWindow(window: Window, batch: Batch): Promise<WindowRead> {
  const undated: Undated = { found: new Set(), room: roomOf(window.seen), isOverfull: false }
  const first = await readOnce(window, batch, undated)
  let isComplete = first.pages === 1
  if (!isComplete && first.versions) {
    const second = await readOnce(window, batch, undated)
    isComplete = second.versions !== undefined && isEqual(first.versions, second.versions)
  } else if (!isComplete) {
    isComplete = window.isNewestFirst || !first.hasMoved
  }
  return { isComplete, undated: undated.found, isOverfull: undated.isOverfull }
}

interface Undated {
  found: Set<string>
  /** how many more can be remembered */
  room: number
  isOverfull: boolean
}

function roomOf(seen: ReadonlyMap<string, number>): number {
  return MAX_REMEMBERED - [...seen.values()].filter((until) => until === UNDATED).length
}

interface Reading {
  pages: number
  /** what would be missed if it were: undefined of long lists */
  versions: Set<string> | undefined
  /** an object was met twice */
  hasMoved: boolean
}

async function readOnce(window: Window, batch: Batch, undated: Undated): Promise<Reading> {
  const reading: Reading = { pages: 0, versions: new Set(), hasMoved: false }
  const ids = new Set<string>()
  for await (const records of window.pages()) {
    reading.pages++
    if (reading.pages > TWICE_PAGES) reading.versions = undefined
    const decisions = decide(records, window.lens, window.window, (key) => window.seen.has(key) || batch.keys.has(key))
    for (const decision of decisions) {
      if (decision.until === UNDATED) undated.found.add(decision.key)
      if (decision.verdict === 'existing') window.seen.set(decision.key, decision.until)
      // a page may have it twice, once before and once after it was stored
      const isNew = decision.verdict === 'new' && !window.seen.has(decision.key)
      if (isNew && (decision.until !== UNDATED || hasRoom(undated))) batch.add(decision)
      if (isCompared(decision, window)) reading.versions?.add(decision.key)
      reading.hasMoved ||= hasMet(ids, decision.objectId ?? decision.key)
      if (!batch.isFull()) continue
      await window.store(batch)
      batch.moveTo(window.seen)
    }
    // sorted so, all that follows is older still (spec 40 §7.5, step 6)
    if (window.isNewestFirst && decisions.length > 0 && decisions.every(({ verdict }) => verdict === 'old')) break
  }
  return reading
}

function hasRoom(undated: Undated): boolean {
  undated.isOverfull ||= undated.room <= 0
  return !undated.isOverfull && undated.room-- > 0
}

/** What the next poll would not see. Where the latest come first, old ones are only the end of what was read. */
function isCompared({ until, verdict }: Decision, { nextFrom, isNewestFirst }: Window): boolean {
  return (until === UNDATED || until <= nextFrom) && !(isNewestFirst && verdict === 'old')
}

function hasMet(ids: Set<string>, id: string): boolean {
  if (ids.has(id) || ids.size >= MAX_IDS) return true
  ids.add(id)
  return false
}

function isEqual(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((key) => other.has(key))
}

/** What was found and is not stored yet; of an object in several versions, the latest. */
export interface Batch {
  /** also of versions that were found and passed over for a later one */
  keys: ReadonlyMap<string, number>
  found(): Decision[]
  add(found: Decision): void
  isFull(): boolean
  /** after it is stored */
  moveTo(seen: Map<string, number>): void
}

export function createBatch(): Batch {
  const keys = new Map<string, number>()
  const found = new Map<string, Decision>()
  let bytes = 0
  return {
    keys,
    found: () => [...found.values()],
    add(decision) {
      if (keys.has(decision.key)) return
      keys.set(decision.key, decision.until)
      const id = decision.objectId ?? decision.key
      const before = found.get(id)
      if (before && before.until > decision.until) return
      found.delete(id)
      found.set(id, decision)
      bytes += JSON.stringify(decision.record).length
    },
    isFull: () => found.size >= MAX_RECORDS || bytes >= MAX_BYTES,
    moveTo(seen) {
      for (const [key, until] of keys) seen.set(key, until)
      keys.clear()
      found.clear()
      bytes = 0
    },
  }
}
