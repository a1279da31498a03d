import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { minutesLater, openTestSchedules, SYSTEM } from '../../test/support/schedules.ts'
import { runHubWork, scheduleHubWork } from './hub-work.ts'

let at: Awaited<ReturnType<typeof openTestSchedules>>
beforeAll(async () => {
  at = await openTestSchedules()
})
afterAll(() => at.close())
beforeEach(() => at.clear())

test('the work of this version is on the clock, once, and what an older one did is off it', async () => {
  await at.put({ kind: 'hub', reference: 'older', owner: SYSTEM, name: 'older', description: '', everyMinutes: 1 })
  await at.put({ kind: 'poller', reference: 'older', owner: SYSTEM, name: 'other', description: '', everyMinutes: 1 })
  const works = [{ reference: 'sweep', everyMinutes: 1, run: async () => undefined }]
  await scheduleHubWork(at.context, works)
  const [planned] = (await at.rows()).filter(({ reference }) => reference === 'sweep')
  at.setTime(minutesLater(0.2))
  await scheduleHubWork(at.context, works)
  const rows = await at.rows()
  expect(rows.map(({ kind, reference }) => `${kind} ${reference}`)).toEqual(['poller older', 'hub sweep'])
  expect(rows.at(-1)?.next_run_at).toEqual(planned?.next_run_at)
})

test('it runs when it is due, and again after it failed', async () => {
  let times = 0
  const works = [
    {
      reference: 'sweep',
      everyMinutes: 1,
      async run() {
        times++
        throw new Error('no')
      },
    },
  ]
  at.kinds['hub'] = runHubWork(works)
  await scheduleHubWork(at.context, works)
  for (const minutes of [1, 2, 3]) {
    at.setTime(minutesLater(minutes))
    await at.claim()
    await at.drain()
  }
  expect([times, await at.runs()]).toEqual([3, []])
})
