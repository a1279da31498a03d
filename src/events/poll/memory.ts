import { hash } from 'node:crypto'

/**
 * What polls of one resource have seen: an object in one version each, with the last moment at which it can have got that version. The
 * next poll reads some of the time before it once more and knows by this what it has told already.
 */
export interface Memory {
  /** key of {@link keyOf} → ms since 1970; {@link UNDATED} for records without a date */
  seen: Map<string, number>
  /** changes before it are not looked at any more: ms since 1970 */
  from: number
}

/** In place of a moment: nobody knows when it changed; it is remembered as long as it is there. */
export const UNDATED = 0

const KEY_BYTES = 8
const ENTRY_BYTES = KEY_BYTES + 8
/** 1.6 MB a resource; only where a vendor changes more records within minutes. */
export const MAX_REMEMBERED = 100_000

/** An object in a version, in eight bytes: `stamp` is the text of its date, or all of a record that has none. */
export function keyOf(objectId: string | undefined, stamp: string): string {
  const text = objectId === undefined ? stamp : JSON.stringify([objectId, stamp])
  return hash('sha256', text, 'buffer').toString('latin1', 0, KEY_BYTES)
}

/**
 * Forgets what the next poll does not look at: it begins at `from`. Of records without a date, those that are no longer there.
 *
 * Where more remains than can be kept, the next poll begins later: at the youngest moment that was forgotten. What has no date is forgotten
 * first, and some of it is told twice where dated changes take its room; of it alone, no more is told than can be kept (`read-window.ts`).
 *
 * @param isThere whether a record without a date was found
 */
export function forgetBefore(memory: Memory, from: number, isThere: (key: string) => boolean): Memory {
  const kept = [...memory.seen].filter(([key, until]) => (until === UNDATED ? isThere(key) : until > from))
  if (kept.length <= MAX_REMEMBERED) return { seen: new Map(kept), from }
  const youngestFirst = kept.toSorted(([, a], [, b]) => b - a)
  const forgotten = youngestFirst[MAX_REMEMBERED]?.[1] ?? UNDATED
  const later = Math.max(from, forgotten)
  return {
    seen: new Map(youngestFirst.slice(0, MAX_REMEMBERED).filter(([, until]) => until === UNDATED || until > later)),
    from: later,
  }
}

export function encodeSeen(seen: ReadonlyMap<string, number>): Buffer {
  const bytes = Buffer.alloc(seen.size * ENTRY_BYTES)
  let at = 0
  for (const [key, until] of seen) {
    bytes.write(key, at, 'latin1')
    bytes.writeDoubleBE(until, at + KEY_BYTES)
    at += ENTRY_BYTES
  }
  return bytes
}

export function decodeSeen(bytes: Buffer): Map<string, number> {
  const seen = new Map<string, number>()
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    seen.set(bytes.toString('latin1', at, at + KEY_BYTES), bytes.readDoubleBE(at + KEY_BYTES))
  }
  return seen
}
