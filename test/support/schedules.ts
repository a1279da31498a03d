import { pino } from 'pino'
import { seed } from '../../src/accounts/seed.ts'
import { claimDue } from '../../src/schedules/clock.ts'
import type { RunKind, ScheduleContext } from '../../src/schedules/context.ts'
import { putSchedule, type ScheduleInput } from '../../src/schedules/put-schedule.ts'
import { runSchedules } from '../../src/schedules/run-schedule.ts'
import { scheduleDb } from '../../src/schedules/schedule-table.ts'
import { createTestJobs } from './jobs.ts'
import { openTestStore } from './store.ts'

export const NOON = new Date('2026-11-26T12:00:00Z')
export const minutesLater = (minutes: number) => new Date(NOON.getTime() + minutes * 60_000)
export const SYSTEM = { organizationId: 1, accountId: 1, userId: 1 }

/** Schedules over a database of their own, with a clock that is set by hand and jobs that run when they are told to. */
export async function openTestSchedules() {
  const opened = await openTestStore()
  const { store } = opened
  await seed(store, {})
  const jobs = createTestJobs()
  const kinds: Record<string, RunKind> = {}
  let now = NOON
  const context = {
    store,
    jobs,
    now: () => now,
    log: pino({ level: 'silent' }),
    kinds,
  } satisfies Partial<ScheduleContext>
  const queue = runSchedules(context)
  return {
    ...opened,
    context,
    kinds,
    jobs,
    queue,
    setTime(time: Date) {
      now = time
    },
    put: (schedule: ScheduleInput) =>
      store.changes.transaction((trx, publish) => putSchedule(context, trx, publish, schedule)),
    claim: () => claimDue(context),
    drain: () => jobs.drain([queue]),
    rows: () => scheduleDb(store).selectFrom('schedules').selectAll().orderBy('id').execute(),
    runs: () => scheduleDb(store).selectFrom('schedule_runs').selectAll().orderBy('id').execute(),
    async clear() {
      now = NOON
      for (const kind of Object.keys(kinds)) delete kinds[kind]
      await jobs.drain([{ ...queue, run: async () => 'done' }])
      await scheduleDb(store).deleteFrom('schedules').execute()
      await scheduleDb(store).deleteFrom('schedule_runs').execute()
    },
  }
}
