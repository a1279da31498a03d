import type { PgBoss } from 'pg-boss'
import { type BossLog, openBoss, PARKED } from './open-boss.ts'

/** A job that failed too often. Its key works again as soon as it is woken; what fails at it, fails again. */
export interface ParkedJob {
  id: string
  queue: string
  key: string
  parkedDate: Date
  /** what the last run threw */
  message: string
}

const MOST_LISTED = 1_000

/** What is parked, oldest first, at most 1,000; and the way back. */
export interface ParkedJobs {
  list(): Promise<ParkedJob[]>
  /** Puts them back into their queues. @param ids all when absent. @returns how many */
  retry(ids?: readonly string[]): Promise<number>
  close(): Promise<void>
}

/** @throws Error of the database: out of reach, or newer than this version */
export async function openParkedJobs(databaseUrl: string, log: BossLog): Promise<ParkedJobs> {
  const boss = await openBoss(databaseUrl, { log, supervise: false })
  return {
    list: () => listParked(boss),
    async retry(ids) {
      let moved = 0
      for (;;) {
        const some = await boss.redrive(PARKED, { limit: MOST_LISTED, ...(ids ? { ids: [...ids] } : {}) })
        moved += some
        if (some < MOST_LISTED) return moved
      }
    },
    close: () => boss.stop({ graceful: false }),
  }
}

async function listParked(boss: PgBoss): Promise<ParkedJob[]> {
  const jobs = await boss.findJobs<{ key: string }>(PARKED, { queued: true, limit: MOST_LISTED })
  return jobs.map(({ id, data, createdOn, sourceName, sourceOutput }) => ({
    id,
    queue: sourceName ?? '',
    key: data.key,
    parkedDate: createdOn,
    message: String((sourceOutput as { message?: unknown } | null)?.message ?? ''),
  }))
}
