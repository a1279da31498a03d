import { describe, expect, test } from 'vitest'
import type { BulkJob } from './bulk-table.ts'
import { statusBody } from './status-body.ts'

const STARTED = new Date('2026-04-02T10:00:00Z')
const secondsIn = (seconds: number) => new Date(STARTED.getTime() + seconds * 1000)

function progress(job: Partial<BulkJob>, now: Date) {
  const fields = { started_at: STARTED, finished_at: null, records_total: null, file_bytes: 0, position: {}, ...job }
  const { recordsPerSecond, estimatedFinishTime } = statusBody(fields as BulkJob, {}, now)
  return { recordsPerSecond, estimatedFinishTime }
}

describe('of a job under way the status says how fast it goes and when it ends', () => {
  test('by its rows, when their number is known', () => {
    expect(progress({ records_count: 250, records_total: 1_000 }, secondsIn(10))).toEqual({
      recordsPerSecond: 25,
      estimatedFinishTime: secondsIn(40).getTime(),
    })
  })

  test('by the bytes of the file of an upload', () => {
    const job = { direction: 'UPLOAD', records_count: 30, file_bytes: 1_000, position: { byte: 200, row: 30 } } as const
    expect(progress(job, secondsIn(10))).toEqual({ recordsPerSecond: 3, estimatedFinishTime: secondsIn(50).getTime() })
  })

  test('without an end where nobody knows one', () => {
    expect(progress({ direction: 'DOWNLOAD', records_count: 30, file_bytes: 1_000 }, secondsIn(10))).toEqual({
      recordsPerSecond: 3,
      estimatedFinishTime: undefined,
    })
  })

  test('with nothing before its first row', () => {
    expect(
      progress({ direction: 'UPLOAD', records_count: 0, file_bytes: 9, position: { byte: 0 } }, secondsIn(10)),
    ).toEqual({
      recordsPerSecond: undefined,
      estimatedFinishTime: undefined,
    })
  })
})
