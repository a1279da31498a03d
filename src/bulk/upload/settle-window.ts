import type { UploadPosition } from '../bulk-table.ts'
import type { FileRow } from '../rows/file-row.ts'
import { MOST_TIMES_PUT_OFF } from './pace.ts'
import type { RowOutcome } from './row-outcome.ts'

/** A row of the file under its number, from 0. */
export interface NumberedRow extends FileRow {
  number: number
}

/** Rows that follow each other, and which of them are to be sent. */
export interface Window {
  /** in order of the file, without a gap, from the position on; rows that are dealt with already are among them */
  rows: readonly NumberedRow[]
  toSend: readonly NumberedRow[]
}

export interface FailedRow {
  row: NumberedRow
  kind: 'failed' | 'uncertain'
  status: string
}

export interface Settled {
  /** of the first row that is not dealt with */
  position: UploadPosition
  failed: FailedRow[]
  /** rows that are dealt with now */
  count: number
}

/**
 * What a window came to: where the job goes on, and the rows that failed. A row that the vendor put off, and one that was not sent, is
 * not dealt with; behind it others may be.
 *
 * @param outcomes of the rows to send
 */
export function settleWindow(
  position: UploadPosition,
  { rows, toSend }: Window,
  outcomes: readonly (RowOutcome | undefined)[],
): Settled {
  const putOffBefore = new Map(position.putOff)
  const putOff: [number, number][] = []
  const open = new Set<number>()
  const failed: FailedRow[] = []
  for (const [index, row] of toSend.entries()) {
    const outcome = outcomes[index]
    const times = (putOffBefore.get(row.number) ?? 0) + 1
    if (outcome?.kind === 'failed' || outcome?.kind === 'uncertain') {
      failed.push({ row, kind: outcome.kind, status: outcome.status })
    } else if (outcome?.kind === 'putOff' && times >= MOST_TIMES_PUT_OFF) {
      failed.push({ row, kind: 'failed', status: outcome.status })
    } else if (outcome?.kind !== 'written') {
      open.add(row.number)
      if (outcome?.kind === 'putOff') putOff.push([row.number, times])
      else if (times > 1) putOff.push([row.number, times - 1])
    }
  }
  return { position: positionAfter(position, rows, open, putOff), failed, count: toSend.length - open.size }
}

function positionAfter(
  before: UploadPosition,
  rows: readonly NumberedRow[],
  open: ReadonlySet<number>,
  putOff: readonly (readonly [number, number])[],
): UploadPosition {
  const { done: _done, putOff: _putOff, ...rest } = before
  const firstOpen = rows.findIndex(({ number }) => open.has(number))
  const dealtWith = firstOpen < 0 ? rows.length : firstOpen
  const last = rows[dealtWith - 1]
  const row = last ? last.number + 1 : (before.row ?? 0)
  const lastOpen = rows.findLastIndex(({ number }) => open.has(number))
  const done = rows
    .slice(dealtWith)
    .filter(({ number }) => !open.has(number))
    .map(({ number }) => number)
  return {
    ...rest,
    ...{ row, byte: last ? last.end : (before.byte ?? 0), begun: row },
    // with nothing open behind the last of them they would be dealt with in order
    ...(lastOpen < 0 || done.length === 0 ? {} : { done }),
    ...(putOff.length === 0 ? {} : { putOff }),
  }
}

/** Rows that may have been written when a process died: nobody sends them again. */
export function settleInterrupted(position: UploadPosition, rows: readonly NumberedRow[]): Settled {
  const done = new Set(position.done)
  const toSend = rows.filter(({ number }) => number < (position.begun ?? 0) && !done.has(number))
  return settleWindow(
    position,
    { rows, toSend },
    toSend.map(() => INTERRUPTED),
  )
}

const INTERRUPTED: RowOutcome = {
  kind: 'uncertain',
  status: 'uncertain: the process that was writing this row ended before the vendor had answered',
}
