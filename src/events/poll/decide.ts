import { isObject } from '../../model/is-object.ts'
import { idOf, type RecordReader } from '../polled-payload.ts'
import { keyOf, UNDATED } from './memory.ts'
import type { PolledResource } from './polled-resource.ts'
import { dateReader, type ReadDate } from './record-dates.ts'

/** How records of a resource are read, made once for a poll. */
export interface Lens {
  resource: PolledResource
  updatedAt: ReadDate
  createdAt: ReadDate
}

/** Which changes a poll is about; ms since 1970. */
export interface PollWindow {
  /** what changed until then is old */
  since: number
  /** when polling was switched on: what changed before is not told */
  switchedOn: number
  /** when this poll began */
  runStart: number
  /** no poll has succeeded before */
  isFirst: boolean
  /** the vendor was asked for changes only */
  isFiltered: boolean
}

/** What becomes of one record. */
export interface Decision {
  /**
   * - `old`: it changed before the window
   * - `later`: it changed after the poll began, the next one tells it (`filterByCurrentDate`)
   * - `existing`: it changed before polling was switched on; it is remembered and not told
   * - `known`: it was told
   * - `new`: to be told
   */
  verdict: 'old' | 'later' | 'existing' | 'known' | 'new'
  objectId: string | undefined
  /** of the object in this version */
  key: string
  /** the last moment at which it can have changed, or {@link UNDATED} */
  until: number
  record: unknown
}

/** Coarser dates, days mostly, do not tell what was before polling from what came after. */
const FINEST_KNOWN_MS = 60_000

export function lensOf(resource: PolledResource): Lens {
  const reader = (date: PolledResource['updated']): ReadDate => (date ? dateReader(date) : () => undefined)
  return { resource, updatedAt: reader(resource.updated), createdAt: reader(resource.created) }
}

/** The same for those who make events of what was found. */
export function recordReader({ resource, updatedAt, createdAt }: Lens): RecordReader {
  const asDate = (read: ReadDate) => (record: unknown) => {
    const time = read(record)?.time
    return time === undefined ? undefined : new Date(time)
  }
  const { idField, createdToleranceMs: toleranceMs } = resource
  return { idField, updatedAt: asDate(updatedAt), createdAt: asDate(createdAt), toleranceMs }
}

/**
 * What of a page is to be told (spec 40 §7.5, steps 2 to 4 and 8). An object in a version is told once: `isKnown` says which ones were.
 * The version is the date by which the resource is filtered, as the vendor writes it; of a record without that date, all of it.
 */
export function decide(
  records: readonly unknown[],
  lens: Lens,
  window: PollWindow,
  isKnown: (key: string) => boolean,
): Decision[] {
  const { resource, updatedAt, createdAt } = lens
  const filterDate = resource.filterByUpdatedDate ? updatedAt : createdAt
  return records.map((record) => {
    const objectId = asId(idOf(record, resource.idField))
    const date = isObject(record) ? filterDate(record) : undefined
    const key = keyOf(objectId, date ? date.text : JSON.stringify(record))
    const until = date ? date.time + date.resolutionMs : UNDATED
    const of = (verdict: Decision['verdict']): Decision => ({ verdict, objectId, key, until, record })
    if (date && until <= window.since) return of('old')
    if (isKnown(key)) return of('known')
    if (resource.filterByCurrentDate && (updatedAt(record)?.time ?? 0) > window.runStart) return of('later')
    return of(isExisting(date, window) ? 'existing' : 'new')
  })
}

/** What the first poll finds and nobody can say when it changed, was there before; unless the vendor was asked what changed since. */
function isExisting(date: ReturnType<ReadDate>, { switchedOn, isFirst, isFiltered }: PollWindow): boolean {
  if (!date) return isFirst && !isFiltered
  return date.time + date.resolutionMs <= switchedOn || (isFirst && date.resolutionMs > FINEST_KNOWN_MS)
}

function asId(id: unknown): string | undefined {
  return id === undefined ? undefined : String(id)
}
