import { createHash } from 'node:crypto'
import { CompiledQuery } from 'kysely'
import { type Db, PgBoss } from 'pg-boss'
import type { Executor, JobQueue } from './jobs.ts'
import { KEPT_PLANS, KeepingClient } from './kept-statements.ts'

/** Its own schema in our database. */
export const BOSS_SCHEMA = 'valence_jobs'
/** Where jobs go that failed too often. */
export const PARKED = 'parked'

/** A killed worker's jobs come back after 10 to 15 s. */
const HEARTBEAT_SECONDS = 10
const LOOK_AFTER_SECONDS = 5
const CONNECTIONS = 4
const MOST_MARKS = 50

const QUEUE_OPTIONS = {
  // one job of a key at a time, over all processes
  policy: 'singleton',
  heartbeatSeconds: HEARTBEAT_SECONDS,
  retryLimit: 15,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 60,
  expireInSeconds: 3600,
  deleteAfterSeconds: 60,
  // a delivery is tried again for three days, a schedule waits for longer than that; nothing that waits is thrown away
  retentionSeconds: 366 * 86_400,
  deadLetter: PARKED,
} as const

export interface BossLog {
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

/**
 * pg-boss, with its tables brought to its version. Several processes may do so at once. It works on some connections of its own; what
 * must be one with the data goes through `overKysely`.
 *
 * @param supervise looks after jobs whose process died and removes finished ones; one of the processes that do so is enough
 */
export async function openBoss(
  databaseUrl: string,
  { log, supervise }: { log: BossLog; supervise: boolean },
): Promise<PgBoss> {
  const boss = new PgBoss({
    connectionString: databaseUrl,
    application_name: 'valence jobs',
    max: CONNECTIONS,
    ...{ Client: KeepingClient, options: KEPT_PLANS },
    schema: BOSS_SCHEMA,
    supervise,
    schedule: false,
    registerInstance: false,
    superviseIntervalSeconds: LOOK_AFTER_SECONDS,
    monitorIntervalSeconds: LOOK_AFTER_SECONDS,
    openTelemetry: { enabled: false },
  })
  boss.on('error', (error) => log.error({ err: error }, 'the queue of jobs failed'))
  boss.on('warning', (warning) => log.warn({ warning }, 'the queue of jobs warns'))
  await boss.start()
  return boss
}

/** Makes the queues that are not there yet; waking one that is not there fails. */
export async function makeQueues(boss: PgBoss, queues: readonly Pick<JobQueue, 'name'>[]): Promise<void> {
  const there = new Set((await boss.getQueues()).map(({ name }) => name))
  if (!there.has(PARKED)) await boss.createQueue(PARKED, { retentionSeconds: QUEUE_OPTIONS.retentionSeconds })
  for (const { name } of queues) if (!there.has(name)) await boss.createQueue(name, QUEUE_OPTIONS)
}

/** Statements of pg-boss in a transaction of a Kysely: one statement at a time. */
export function overKysely(db: Executor): Db {
  return {
    async executeSql(text, values = []) {
      const { rows } = await db.executeQuery(CompiledQuery.raw(values.length > 0 ? marked(text) : text, [...values]))
      return { rows }
    },
  }
}

const marks = new Map<string, string>()

/** So that the store keeps its plan: there are two for each queue. */
function marked(text: string): string {
  const known = marks.get(text)
  if (known !== undefined || marks.size >= MOST_MARKS) return known ?? text
  const mark = `/* kept:jobs.${createHash('sha256').update(text).digest('hex').slice(0, 24)} */${text}`
  marks.set(text, mark)
  return mark
}
