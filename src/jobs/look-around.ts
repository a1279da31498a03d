import type { PgBoss } from 'pg-boss'
import { BOSS_SCHEMA, type BossLog } from './open-boss.ts'

/** A notification may be lost with its connection; jobs of killed processes come back without one. */
const LOOK_EVERY_MS = 5_000

/**
 * Looks from time to time which queues have work that nobody told of. One question for all of them: each queue asking for itself would be most of
 * what an idle hub does.
 *
 * @param names of all queues that this process works at
 * @param onReady one of them has a job that may run
 * @returns what stops it, and waits for a look under way
 */
export function lookAround(
  boss: PgBoss,
  names: readonly string[],
  onReady: (name: string) => void,
  log: BossLog,
  everyMs = LOOK_EVERY_MS,
): () => Promise<void> {
  let underWay: Promise<void> | undefined
  const timer = setInterval(() => {
    underWay ??= look().finally(() => {
      underWay = undefined
    })
  }, everyMs)
  return async () => {
    clearInterval(timer)
    await underWay
  }

  async function look(): Promise<void> {
    try {
      for (const name of await readyQueues(boss, names)) onReady(name)
    } catch (error) {
      // the database is out of reach, or busy
      log.warn({ err: error }, 'it could not be looked which jobs are ready; the next look tries again')
    }
  }
}

async function readyQueues(boss: PgBoss, names: readonly string[]): Promise<string[]> {
  const { rows } = await boss.getDb().executeSql(
    `select q.name from unnest($1::text[]) as q (name)
    where exists (
      select from ${BOSS_SCHEMA}.job j
      where j.name = q.name and j.state in ('created', 'retry') and not j.blocked and j.start_after <= ${BOSS_SCHEMA}.job_now()
    )`,
    [names],
  )
  return (rows as { name: string }[]).map(({ name }) => name)
}
