import { ValenceError } from '../errors.ts'
import type { Owner } from '../model/owner.ts'
import { HUB_KIND, type RunKind, type ScheduleContext } from './context.ts'
import { putSchedule, removeSchedules } from './put-schedule.ts'
import { scheduleDb } from './schedule-table.ts'

/** Something that the hub does for itself from time to time: in one process at a time, however many there are. */
export interface HubWork {
  /** names it in the database */
  reference: string
  everyMinutes: number
  /** says itself what goes wrong, in the log; a throw is logged as well, and the next time is as planned */
  run(): Promise<unknown>
}

/** The system organization, its account and its user (`accounts/seed.ts`). */
const SYSTEM: Owner = { organizationId: 1, accountId: 1, userId: 1 }

/** Puts the hub's own work on the clock, and takes off it what an older version did. */
export async function scheduleHubWork(
  { store, now }: Pick<ScheduleContext, 'store' | 'now'>,
  works: readonly HubWork[],
): Promise<void> {
  await store.changes.transaction(async (trx, publish) => {
    for (const { reference, everyMinutes } of works) {
      const about = { kind: HUB_KIND, reference, owner: SYSTEM, name: reference, description: '' }
      await putSchedule({ now }, trx, publish, { ...about, everyMinutes })
    }
    const rows = await scheduleDb({ db: trx })
      .selectFrom('schedules')
      .select('reference')
      .where('kind', '=', HUB_KIND)
      .execute()
    const wanted = new Set(works.map(({ reference }) => reference))
    const references = rows.map(({ reference }) => reference).filter((reference) => !wanted.has(reference))
    await removeSchedules(trx, { kind: HUB_KIND, references })
  })
}

export function runHubWork(works: readonly HubWork[]): RunKind {
  return async ({ reference }) => {
    const work = works.find((one) => one.reference === reference)
    // of another version, which is still running beside this one
    if (!work) throw new ValenceError('NOT_FOUND', `this version has no work "${reference}"`)
    await work.run()
    return {}
  }
}
