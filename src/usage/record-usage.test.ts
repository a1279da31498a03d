import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createUsageRecorder, type RecorderOptions, type UsageRecorder } from './record-usage.ts'
import { openSpill } from './spill-file.ts'
import type { UsageFact } from './usage-record.ts'

/** A database that stalls, breaks and recovers on command. */
function createDatabase() {
  const rows = new Map<string, unknown>()
  const database = {
    rows,
    state: 'up' as 'up' | 'down' | 'stalled',
    statements: 0,
    /** ends the statements that hang */
    release: (): void => undefined,
    async insert(lines: readonly string[]) {
      database.statements++
      if (database.state === 'down') throw new Error('connection refused')
      if (database.state === 'stalled') {
        await new Promise<void>((resolve) => {
          const others = database.release
          database.release = () => {
            others()
            resolve()
          }
        })
      }
      const before = rows.size
      for (const record of lines.map((line) => JSON.parse(line))) rows.set(record.traffic_id, record)
      return { stored: rows.size - before, refused: 0 }
    },
  }
  return database
}

let folder: string
let database: ReturnType<typeof createDatabase>
let outcomes: Record<string, number>
let logged: { level: string; facts: object; message: string }[]
const recorders: UsageRecorder[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'valence-usage-'))
  database = createDatabase()
  outcomes = { stored: 0, spilled: 0, dropped: 0 }
  logged = []
})
afterEach(async () => {
  database.release()
  for (const recorder of recorders.splice(0)) await recorder.close()
  await rm(folder, { recursive: true, force: true })
})

const log = (level: string) => (facts: object, message: string) => void logged.push({ level, facts, message })

async function createRecorder(options: Partial<RecorderOptions> & { maxBytes?: number } = {}): Promise<UsageRecorder> {
  const { maxBytes = 1_000_000 } = options
  const spill = await openSpill({ folder, maxBytes, quietMs: 30, onError: (error) => log('error')({ error }, 'spill') })
  const recorder = createUsageRecorder({
    insert: database.insert,
    spill,
    onOutcome: (outcome, count) => {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + count
    },
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    ...options,
    limits: { flushMs: 5, ...options.limits },
    times: { stallMs: 30, retryMs: 20, sweepMs: 50, ...options.times },
  })
  recorders.push(recorder)
  return recorder
}

const idOf = (number: number) => number.toString(16).padStart(24, '0')
const fact = (number: number, more: Partial<UsageFact> = {}): UsageFact => ({
  requestId: idOf(number),
  startedAt: Date.parse('2026-11-25T10:00:00Z') + number,
  organizationId: 2,
  accountId: 2,
  userId: 2,
  method: 'GET',
  url: '/elements/api-v2/instances?searchText=private',
  ip: '127.0.0.1',
  status: 200,
  ms: 3,
  operation: 'instances.list',
  call: undefined,
  message: undefined,
  providerMessage: undefined,
  ...more,
})
const recordMany = (recorder: UsageRecorder, from: number, to: number) => {
  for (let number = from; number <= to; number++) recorder.record(fact(number))
}
const stored = (count: number) =>
  vi.waitFor(() => expect(database.rows.size).toBe(count), { timeout: 3_000, interval: 5 })

test('records go to the database together, after a moment', async () => {
  const recorder = await createRecorder()
  recordMany(recorder, 1, 100)
  expect(recorder.stats().waiting).toBe(100)
  await stored(100)
  expect(database.statements).toBe(1)
  expect(outcomes).toEqual({ stored: 100, spilled: 0, dropped: 0 })
  expect(recorder.stats()).toEqual({ waiting: 0, spillBytes: 0 })
})

test('a full batch does not wait; a batch has a limit', async () => {
  const recorder = await createRecorder({ limits: { flushMs: 60_000, batch: 10 } })
  recordMany(recorder, 1, 35)
  await stored(35)
  expect(database.statements).toBe(4)
})

test('one by one over a while: none is forgotten', async () => {
  const recorder = await createRecorder({ limits: { flushMs: 3, batch: 2 } })
  for (let number = 1; number <= 60; number++) {
    recorder.record(fact(number))
    if (number % 3 === 0) await wait(1)
  }
  await stored(60)
})

test('a record is found before it is stored', async () => {
  const recorder = await createRecorder({ times: { stallMs: 5_000 } })
  database.state = 'stalled'
  recorder.record(fact(1))
  expect(recorder.find(idOf(1))).toMatchObject({ traffic_id: idOf(1), api: 'instances.list' })
  await vi.waitFor(() => expect(database.statements).toBe(1))
  expect(recorder.find(idOf(1)), 'also on its way').toBeDefined()
  expect(recorder.find(idOf(2))).toBeUndefined()
})

describe('when the database stalls', () => {
  test('records are out of memory within the time a crash may cost, and come back without doubles', async () => {
    const recorder = await createRecorder()
    database.state = 'stalled'
    recordMany(recorder, 1, 20)
    await vi.waitFor(() => expect(outcomes['spilled']).toBe(20), { timeout: 200, interval: 5 })
    recordMany(recorder, 21, 30)
    await vi.waitFor(() => expect(recorder.stats().waiting).toBe(0), { timeout: 100, interval: 5 })
    expect(outcomes).toEqual({ stored: 0, spilled: 30, dropped: 0 })
    expect(database.statements, 'one hangs, the others are not sent after it').toBeLessThanOrEqual(2)
    expect(recorder.stats().spillBytes).toBeGreaterThan(0)

    database.state = 'up'
    database.release() // the statement that hung does its work as well
    await stored(30)
    await vi.waitFor(() => expect(recorder.stats().spillBytes).toBe(0))
    expect(outcomes, 'each counted once').toEqual({ stored: 30, spilled: 30, dropped: 0 })
    recordMany(recorder, 31, 40)
    await stored(40)
    expect(outcomes['spilled'], 'memory is used again').toBe(30)
  })

  test('the same when it refuses at once, however often', async () => {
    const recorder = await createRecorder()
    database.state = 'down'
    for (let round = 0; round < 10; round++) {
      recordMany(recorder, round * 10 + 1, round * 10 + 10)
      await wait(15)
    }
    expect(outcomes['spilled']).toBe(100)
    expect(database.rows.size).toBe(0)
    database.state = 'up'
    await stored(100)
    expect(outcomes).toEqual({ stored: 100, spilled: 100, dropped: 0 })
    expect(logged.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      'the database does not take usage records; they wait in a file',
    ])
    expect(logged.filter(({ level }) => level === 'error')).toEqual([])
  })

  test('past the file they are dropped, counted, and said once', async () => {
    const recorder = await createRecorder({ maxBytes: 5_000 })
    database.state = 'down'
    for (let round = 0; round < 5; round++) {
      recordMany(recorder, round * 10 + 1, round * 10 + 10)
      await wait(15)
    }
    await vi.waitFor(() => expect((outcomes['spilled'] ?? 0) + (outcomes['dropped'] ?? 0)).toBe(50))
    expect(outcomes['spilled']).toBeGreaterThan(0)
    expect(outcomes['dropped']).toBeGreaterThan(0)
    expect(recorder.stats().spillBytes).toBeLessThanOrEqual(5_000)
    expect(logged.filter(({ message }) => message.includes('were dropped'))).toHaveLength(1)
    database.state = 'up'
    await stored(outcomes['spilled'] ?? 0)
  })

  test('memory has a limit as well, in records and in what they hold', async () => {
    const few = await createRecorder({ limits: { waiting: 10, flushMs: 60_000, batch: 100 } })
    recordMany(few, 1, 15)
    expect(few.stats().waiting).toBe(10)
    expect(outcomes['dropped']).toBe(5)
    const large = await createRecorder({ limits: { waitingChars: 10_000, flushMs: 60_000, batch: 100 } })
    for (let number = 20; number < 40; number++) large.record(fact(number, { message: 'x'.repeat(4_000) }))
    expect(large.stats().waiting).toBe(3)
  })

  test('records behind a slow database do not grow old in memory', async () => {
    const insert = async (lines: readonly string[]) => {
      await wait(20)
      return database.insert(lines)
    }
    const recorder = await createRecorder({ insert, limits: { batch: 10 } })
    recordMany(recorder, 1, 100)
    await vi.waitFor(() => expect(recorder.stats().waiting).toBe(0), { timeout: 150, interval: 2 })
    expect(outcomes['spilled']).toBeGreaterThan(0)
    await stored(100)
  })
})

describe('at the end', () => {
  test('what waits is stored', async () => {
    const recorder = await createRecorder({ limits: { flushMs: 60_000 } })
    recordMany(recorder, 1, 600)
    await recorder.close()
    expect(database.rows.size).toBe(600)
    recorder.record(fact(601))
    expect(outcomes).toEqual({ stored: 600, spilled: 0, dropped: 1 })
  })

  test('what the database does not take is there for the next start', async () => {
    const recorder = await createRecorder({ limits: { flushMs: 60_000 } })
    database.state = 'stalled'
    recordMany(recorder, 1, 600)
    const began = performance.now()
    await recorder.close()
    expect(performance.now() - began).toBeLessThan(1_000)
    expect(outcomes).toEqual({ stored: 0, spilled: 600, dropped: 0 })
    database.state = 'up'
    await createRecorder()
    await stored(600)
  })

  test('a close in the middle of everything loses nothing', async () => {
    const recorder = await createRecorder({ limits: { batch: 7 } })
    recordMany(recorder, 1, 50)
    await wait(5)
    recordMany(recorder, 51, 100)
    await recorder.close()
    expect(database.rows.size).toBe(100)
  })
})

test('a record that cannot be written down is counted; the others are stored', async () => {
  const recorder = await createRecorder()
  const broken = fact(1)
  Object.defineProperty(broken, 'call', {
    get() {
      throw new Error('a bug of ours')
    },
  })
  recorder.record(broken)
  recorder.record(fact(2))
  await stored(1)
  expect(outcomes).toEqual({ stored: 1, spilled: 0, dropped: 1 })
})
