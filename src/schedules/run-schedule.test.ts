import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { minutesLater, openTestSchedules, SYSTEM } from '../../test/support/schedules.ts'
import { ValenceError } from '../errors.ts'
import type { DueSchedule } from './context.ts'
import { scheduleDb } from './schedule-table.ts'

let at: Awaited<ReturnType<typeof openTestSchedules>>
beforeAll(async () => {
  at = await openTestSchedules()
})
afterAll(() => at.close())
beforeEach(() => at.clear())

const HOURLY = {
  kind: 'test',
  reference: '7',
  owner: SYSTEM,
  name: 'Hourly',
  description: 'of a test',
  cron: '0 0 * * * ?',
}
const live = new AbortController().signal

describe('the clock', () => {
  test('takes nothing before it is due', async () => {
    await at.put(HOURLY)
    at.setTime(minutesLater(59.99))
    expect(await at.claim()).toBe(0)
    expect(at.jobs.waiting).toEqual([])
  })

  test('wakes what is due for its account, and plans its next time', async () => {
    const id = await at.put(HOURLY)
    at.setTime(minutesLater(60))
    expect(await at.claim()).toBe(1)
    expect(at.jobs.waiting).toEqual([{ queue: 'schedules.run', key: String(id), group: 'account:1' }])
    expect(await at.rows()).toMatchObject([{ due_at: minutesLater(60), next_run_at: minutesLater(120) }])
    expect(await at.claim()).toBe(0)
  })

  test('what was missed is done once', async () => {
    await at.put(HOURLY)
    at.setTime(minutesLater(60 * 24 * 7 + 1))
    expect([await at.claim(), await at.claim()]).toEqual([1, 0])
    expect(await at.rows()).toMatchObject([{ due_at: minutesLater(60), next_run_at: minutesLater(60 * 24 * 7 + 60) }])
  })

  test('late is no reason to drift', async () => {
    const { cron: _, ...others } = HOURLY
    await at.put({ ...others, everyMinutes: 10 })
    const [planned] = (await at.rows()).map((row) => row.next_run_at?.getTime() ?? 0)
    for (let round = 0; round < 20; round++) {
      const next = (await at.rows())[0]?.next_run_at?.getTime() ?? 0
      at.setTime(new Date(next + 1 + 37_000 * (round % 7)))
      expect(await at.claim()).toBe(1)
    }
    expect((await at.rows())[0]?.next_run_at?.getTime()).toBe((planned ?? 0) + 20 * 600_000)
  })

  test('three that look at once take each occurrence once', async () => {
    await at.put(HOURLY)
    await sql`
      insert into schedules (kind, reference, organization_id, account_id, user_id, name, description, cron, started_at, next_run_at)
      select kind, number::text, 1, 1, 1, name, description, cron, started_at, next_run_at
      from schedules, generate_series(1001, 1699) as number`.execute(at.store.db)
    at.setTime(minutesLater(60))
    let taken = 0
    for (let round = 0; round < 5; round++)
      for (const count of await Promise.all([at.claim(), at.claim(), at.claim()])) taken += count
    expect(taken).toBe(700)
    expect(new Set(at.jobs.waiting.map(({ key }) => key)).size).toBe(700)
  })

  test('a year that is over was the last', async () => {
    await at.put({ ...HOURLY, cron: '0 0 13 26 11 ? 2026' })
    at.setTime(minutesLater(60))
    await at.claim()
    expect(await at.rows()).toMatchObject([{ due_at: minutesLater(60), next_run_at: null }])
  })

  test('an expression that nobody understands any more stops itself only', async () => {
    await at.put(HOURLY)
    const broken = await at.put({ ...HOURLY, reference: '8' })
    await scheduleDb(at.store).updateTable('schedules').set({ cron: 'nonsense' }).where('id', '=', broken).execute()
    at.setTime(minutesLater(60))
    expect(await at.claim()).toBe(2)
    expect((await at.rows()).map((row) => row.next_run_at)).toEqual([minutesLater(120), null])
  })
})

describe('a run', () => {
  const dueNow = async () => {
    const id = await at.put(HOURLY)
    at.setTime(minutesLater(61))
    await at.claim()
    return id
  }

  test('does what its kind is for, and is written down', async () => {
    const seen: DueSchedule[] = []
    at.kinds['test'] = async (schedule) => {
      seen.push(schedule)
      expect(await at.runs()).toMatchObject([{ state: 'RUNNING', ended_at: null }])
      at.setTime(minutesLater(62))
      return { message: 'three rows' }
    }
    const id = await dueNow()
    await at.drain()
    expect(seen).toEqual([{ id, reference: '7', owner: SYSTEM, instanceId: undefined, dueAt: minutesLater(60) }])
    expect(await at.runs()).toMatchObject([
      {
        schedule_id: id,
        state: 'COMPLETED',
        message: 'three rows',
        started_at: minutesLater(61),
        ended_at: minutesLater(62),
        account_id: 1,
        name: 'Hourly',
        description: 'of a test',
      },
    ])
    expect(await at.rows()).toMatchObject([
      { due_at: null, run_id: null, run_started_at: null, last_run_at: minutesLater(61), attempts: 0 },
    ])
  })

  test('a job that comes twice runs once', async () => {
    let times = 0
    at.kinds['test'] = async () => ({ message: String(++times) })
    const id = await dueNow()
    await at.drain()
    expect(await at.queue.run(String(id), live)).toBe('done')
    expect(times).toBe(1)
  })

  for (const [name, thrown, message] of [
    ['says why it failed', new ValenceError('NOT_FOUND', 'there is no such hub'), 'there is no such hub'],
    ['says nothing of a bug of ours', new TypeError('x of undefined'), 'Internal error'],
    ['with what no database takes', new ValenceError('VENDOR_FAILED', 'no\0 \ud800'), 'no'],
    ['nor of what only operators may read', new ValenceError('INTERNAL', 'table x'), 'Internal error'],
  ] as const) {
    test(`that fails ${name}, and is not tried again`, async () => {
      at.kinds['test'] = async () => {
        throw thrown
      }
      await dueNow()
      await at.drain()
      expect(await at.runs()).toMatchObject([{ state: 'ERROR', message: expect.stringContaining(message) }])
      expect(await at.rows()).toMatchObject([{ due_at: null, run_id: null }])
    })
  }

  test('of a kind that is not there fails', async () => {
    await dueNow()
    await at.drain()
    expect(await at.runs()).toMatchObject([{ state: 'ERROR' }])
  })

  test('an occurrence that comes due meanwhile is run after it, once however many they are', async () => {
    const due: (Date | undefined)[] = []
    at.kinds['test'] = async ({ dueAt }) => {
      due.push(dueAt)
      if (due.length > 1) return {}
      for (const minutes of [120, 180, 240]) {
        at.setTime(minutesLater(minutes))
        await at.claim()
      }
      return {}
    }
    await dueNow()
    await at.drain()
    expect(due).toEqual([minutesLater(60), minutesLater(240)])
    expect((await at.runs()).map(({ state }) => state)).toEqual(['COMPLETED', 'COMPLETED'])
  })

  test('of a schedule that was deleted meanwhile ends like any other', async () => {
    at.kinds['test'] = async () => {
      await scheduleDb(at.store).deleteFrom('schedules').execute()
      return {}
    }
    await dueNow()
    await at.drain()
    expect(await at.runs()).toMatchObject([{ state: 'COMPLETED' }])
  })

  test('of the hub itself leaves no history', async () => {
    let times = 0
    at.kinds['hub'] = async () => ({ message: String(++times) })
    await at.put({ ...HOURLY, kind: 'hub' })
    at.setTime(minutesLater(60))
    await at.claim()
    await at.drain()
    expect([times, await at.runs()]).toEqual([1, []])
    expect(await at.rows()).toMatchObject([{ due_at: null, run_id: null }])
  })
})

describe('a process that stops', () => {
  /** what a killed one leaves behind: a run that nobody ends */
  const killed = async (id: number) => {
    const begun = Promise.withResolvers<void>()
    at.kinds['test'] = () => {
      begun.resolve()
      return new Promise(() => undefined)
    }
    void at.queue.run(String(id), live)
    await begun.promise
  }
  const dueNow = async () => {
    const id = await at.put(HOURLY)
    at.setTime(minutesLater(60))
    await at.claim()
    return id
  }

  test('killed in the middle: the run is an error, its occurrence runs again', async () => {
    const id = await dueNow()
    await killed(id)
    at.setTime(minutesLater(61))
    at.kinds['test'] = async ({ dueAt }) => ({ message: dueAt.toISOString() })
    await at.queue.run(String(id), live)
    expect(await at.runs()).toMatchObject([
      { state: 'ERROR', message: expect.stringContaining('was stopped'), ended_at: minutesLater(61) },
      { state: 'COMPLETED', message: minutesLater(60).toISOString() },
    ])
  })

  test('killed every time: three times are enough, the next occurrence runs', async () => {
    const id = await dueNow()
    for (let times = 0; times < 3; times++) await killed(id)
    expect(await at.queue.run(String(id), live)).toBe('done')
    expect((await at.runs()).map(({ state }) => state)).toEqual(['ERROR', 'ERROR', 'ERROR'])
    at.setTime(minutesLater(120))
    await at.claim()
    at.kinds['test'] = async () => ({})
    await at.queue.run(String(id), live)
    expect((await at.runs()).at(-1)).toMatchObject({ state: 'COMPLETED' })
  })

  test('whoever was thought dead changes nothing any more', async () => {
    const id = await dueNow()
    const late = Promise.withResolvers<{ message: string }>()
    const begun = Promise.withResolvers<void>()
    at.kinds['test'] = () => {
      begun.resolve()
      return late.promise
    }
    const first = at.queue.run(String(id), live)
    await begun.promise
    at.setTime(minutesLater(61))
    at.kinds['test'] = async () => ({ message: 'second' })
    await at.queue.run(String(id), live)
    late.resolve({ message: 'first' })
    expect(await first).toBe('done')
    expect((await at.runs()).map(({ state, message }) => [state, message])).toEqual([
      ['ERROR', expect.stringContaining('was stopped')],
      ['COMPLETED', 'second'],
    ])
  })

  test('stopped in good order: what is interrupted is due as before', async () => {
    const id = await dueNow()
    const stopping = new AbortController()
    at.kinds['test'] = async (_schedule, signal) => {
      stopping.abort()
      signal.throwIfAborted()
      return {}
    }
    expect(await at.queue.run(String(id), stopping.signal)).toBe('more')
    expect(await at.rows()).toMatchObject([{ due_at: minutesLater(60), run_id: null, attempts: 0 }])
    expect(await at.runs()).toMatchObject([{ state: 'ERROR', message: expect.stringContaining('interrupted') }])
  })

  test('paused after it was killed: nothing runs', async () => {
    const id = await dueNow()
    await killed(id)
    await scheduleDb(at.store).updateTable('schedules').set({ state: 'PAUSED', next_run_at: null }).execute()
    expect(await at.queue.run(String(id), live)).toBe('done')
    expect(await at.runs()).toMatchObject([{ state: 'ERROR' }])
  })
})
