import { ValenceError } from '../../errors.ts'
import type { DownloadPosition } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import type { HeldDownload, JobChanges } from '../held-job.ts'
import { listResource } from '../list-resource.ts'
import { findBulkObject } from '../object-path.ts'
import { eventLoopTurns } from '../rows/event-loop-turns.ts'
import type { Turn, TurnOutcome } from '../turn.ts'
import { fetchPage, type List, type Page } from './fetch-page.ts'
import { type NativePaths, nativePaths, stepNative } from './native-job.ts'
import { countOfPage, type LineOptions, pageLines, sampleOf } from './page-lines.ts'
import { createPartWriter, type PartWriter } from './part-writer.ts'
import { pickingOf } from './pick-columns.ts'
import { MOST_FAILURES, retryTime } from './retry-later.ts'
import { createSeenColumns, type SeenColumns } from './seen-columns.ts'
import { storeDocument } from './store-document.ts'
import { watchPages } from './watch-pages.ts'

/** A turn at a download: where it reads, where it writes. */
interface Reading {
  context: BulkContext
  job: HeldDownload
  turn: Turn
  list: List
  /** where the vendor has bulk jobs of its own */
  native: NativePaths | undefined
  seen: SeenColumns
  options: LineOptions
  writer: PartWriter
  /** of the whole list, once the vendor said so with the first page */
  total: number | undefined
}

/**
 * Pages of the element's list become lines of the job's file; while one is turned into lines, the next is on its way. Nothing of a page counts
 * before it is in the file: whoever takes the job up again begins behind the last record that is.
 *
 * @throws ValenceError for what no waiting helps against; JobLost
 */
export async function runDownload(context: BulkContext, job: HeldDownload, turn: Turn): Promise<TurnOutcome> {
  const reading = await open(context, job, turn)
  let { position } = job
  if (isComplete(reading, position)) return end(reading, position)
  if (reading.native && !position.native?.isReady) return advanceNative(reading, reading.native)
  for (let coming: Promise<Page> | undefined = ask(reading, position.nextPage, position.skip); coming; ) {
    let page: Page
    let after: DownloadPosition
    try {
      page = await coming
      after = behind(position, page)
    } catch (error) {
      return afterFailure(reading, position, error)
    }
    coming = mayAskAhead(reading, position, page) ? ask(reading, page.nextPage) : undefined
    position = await write(reading, page, position, after)
    if (isComplete(reading, position)) return end(reading, position)
  }
  await reading.writer.step(position, changesOf(reading))
  return { state: 'again' }
}

/** @throws ValenceError OBJECT_NOT_FOUND when the element changed meanwhile */
async function open(context: BulkContext, job: HeldDownload, turn: Turn): Promise<Reading> {
  const { request, columns, position } = job
  const { caller, instance } = turn
  const object = await findBulkObject(context, caller, instance, request.objectName)
  const seen = createSeenColumns(columns ?? [])
  const isBegun = position.calls !== undefined || position.nextPage !== undefined
  const native = isBegun && !position.native ? undefined : nativePaths(instance, object)
  const path = native && position.native ? native.records(position.native.id) : object.path
  return {
    ...{ context, job, turn, seen, native },
    list: {
      path,
      resource: await listResource(context, caller, instance, path),
      isNative: position.native !== undefined,
    },
    options: {
      seen,
      picking: request.fields && pickingOf(request.fields),
      filterNulls: request.filterNulls === true,
    },
    writer: createPartWriter(context, job),
    total: undefined,
  }
}

function ask({ context, turn, list, job }: Reading, nextPage: string | undefined, skip?: number): Promise<Page> {
  const page = fetchPage(context, turn, list, job.request, nextPage, skip)
  // it fails where it is waited for; a turn that ended otherwise does not wait
  page.catch(() => undefined)
  return page
}

/**
 * Where it goes on behind a page, with what is to be remembered of it.
 * @throws ValenceError VENDOR_REPLY_INVALID for a vendor that leads on for ever
 */
function behind({ calls = 0, watch, native }: DownloadPosition, { body, nextPage }: Page): DownloadPosition {
  return {
    ...(native === undefined ? {} : { native }),
    calls: calls + 1,
    ...(nextPage === undefined
      ? { isAtEnd: true }
      : { nextPage, watch: watchPages(watch, { nextPage, count: countOfPage(body), sample: sampleOf(body) }) }),
  }
}

/** Unless the page is the last one that is wanted, or the turn is over. */
function mayAskAhead({ job, turn, writer }: Reading, { skip = 0, calls = 0 }: DownloadPosition, page: Page): boolean {
  const { limit = Number.POSITIVE_INFINITY, apiLimit = Number.POSITIVE_INFINITY } = job.request
  const rows = writer.rows + Math.max(0, countOfPage(page.body) - skip)
  return (
    page.nextPage !== undefined &&
    rows < limit &&
    calls + 1 < apiLimit &&
    !turn.signal.aborted &&
    performance.now() < turn.until
  )
}

/** Lines are written in slices of so many; others want the process in between. */
const SLICE = 100

/**
 * Nothing is remembered of a page that is not read to its end: whoever goes on within it asks for it again.
 * @returns behind the page; within it when that was enough
 */
async function write(
  reading: Reading,
  page: Page,
  { failures: _, ...before }: DownloadPosition,
  after: DownloadPosition,
): Promise<DownloadPosition> {
  const { job, writer, options } = reading
  const { limit = Number.POSITIVE_INFINITY } = job.request
  const { nextPage, skip = 0 } = before
  if (nextPage === undefined && skip === 0) reading.total = page.total
  const takeTurns = eventLoopTurns()
  let index = 0
  for (const line of pageLines(page.body, options)) {
    if (index++ < skip) continue
    if (writer.rows >= limit) return { ...before, skip: index - 1 }
    writer.add(line)
    if (writer.isFull) await writer.step({ ...before, skip: index }, changesOf(reading))
    else if (index % SLICE === 0) await takeTurns()
  }
  return after
}

function isComplete({ job, writer }: Reading, { isAtEnd, isDone, calls = 0 }: DownloadPosition): boolean {
  const { limit = Number.POSITIVE_INFINITY, apiLimit = Number.POSITIVE_INFINITY } = job.request
  return isAtEnd === true || isDone === true || writer.rows >= limit || calls >= apiLimit
}

/** All rows are in the file; where it is to go somewhere else as well, that is the last thing to do. */
async function end(reading: Reading, position: DownloadPosition): Promise<TurnOutcome> {
  const { context, job, turn, writer, seen } = reading
  const done = { ...position, isDone: true }
  const columns = job.request.fields ?? seen.all()
  const notes = job.request.notes?.join('. ') ?? null
  if (!job.request.docs) {
    await writer.end(done, { ...changesOf(reading), columns, message: notes })
    return { state: 'ended' }
  }
  if (!position.isDone) await writer.step(done, { ...changesOf(reading), columns })
  const message = await storeDocument(context, job, turn, job.request.docs)
  await writer.end(done, { message: notes === null ? message : `${notes}. ${message}` })
  return { state: 'ended' }
}

/** What else a step brings. Whatever was said of failures is over. */
function changesOf({ job, seen, total }: Reading): JobChanges {
  const { fields, limit = Number.POSITIVE_INFINITY } = job.request
  // those that were asked for are known at the end as well
  const columns = fields ? undefined : seen.takeNew()
  return {
    message: null,
    ...(columns === undefined ? {} : { columns }),
    ...(total === undefined ? {} : { records_total: Math.min(total, limit) }),
  }
}

/** One step of the vendor's own job: it is started, or asked whether its records are there. */
async function advanceNative(reading: Reading, paths: NativePaths): Promise<TurnOutcome> {
  const { context, job, turn, writer } = reading
  try {
    const { native, total, at } = await stepNative(context, job, turn, paths)
    reading.total = total
    await writer.step({ native }, { ...changesOf(reading), vendor_job_id: native.id })
    return at ? { state: 'again', at } : { state: 'again' }
  } catch (error) {
    return afterFailure(reading, job.position, error)
  }
}

/** What came before the failure is kept. A vendor that is down or wants to be left alone is asked again later. */
async function afterFailure(reading: Reading, position: DownloadPosition, error: unknown): Promise<TurnOutcome> {
  if (!(error instanceof ValenceError) || error.code === 'UNAVAILABLE') throw error
  const { writer, context } = reading
  const { failures = 0 } = position
  const at = retryTime(error, failures, context.now())
  if (!at) {
    await writer.step(position, changesOf(reading))
    throw error
  }
  const message = `The vendor failed (${error.message}), attempt ${failures + 1} of ${MOST_FAILURES}; it is asked again at ${at.toISOString()}`
  await writer.step({ ...position, failures: failures + 1 }, { ...changesOf(reading), message })
  return { state: 'again', at }
}
