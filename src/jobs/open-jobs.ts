import type { PgBoss } from 'pg-boss'
import type { Executor, JobQueue, Jobs, Publish, Wake } from './jobs.ts'
import { JOBS_TOPIC } from './jobs.ts'
import { lookAround } from './look-around.ts'
import { type BossLog, makeQueues, openBoss, overKysely, PARKED } from './open-boss.ts'
import { type JobFact, NEAR_MS, type QueueWorker, workQueue } from './work-queue.ts'

export interface JobsOptions {
  /** may hold a password */
  databaseUrl: string
  /** hears what transactions publish, of this process and of others */
  changes: {
    transaction<T>(work: (trx: Executor, publish: Publish) => Promise<T>): Promise<T>
    on(topic: string, listener: (key: string) => void): () => void
    onReset(listener: () => void): () => void
  }
  log: BossLog
  /** whether this process works, or only wakes */
  works: boolean
  onRun?(fact: JobFact): void
  /** how often it is looked for work that nobody told of; 5 s when absent */
  lookEveryMs?: number
}

/** What waits, of one queue. Counts are a few seconds old. */
export interface QueueDepth {
  queue: string
  ready: number
  active: number
  /** with a time that is not there yet, failed ones that run again among them */
  delayed: number
  /** how long the oldest that is ready has waited */
  oldestSeconds: number
}

export interface OpenJobs extends Jobs {
  /** Makes the queues, before anybody wakes them. */
  prepare(queues: readonly JobQueue[]): Promise<void>
  /** Begins to work at them, once everything that their jobs need is there. */
  start(): void
  /** of every queue, and of the parked ones as `parked` */
  depths(): Promise<QueueDepth[]>
  /** takes no more jobs, waits for those under way; what takes too long comes back in another process */
  stop(): Promise<void>
  close(): Promise<void>
}

/** @throws Error of the database: out of reach, or newer than this version */
export async function openJobs({
  databaseUrl,
  changes,
  log,
  works,
  onRun,
  lookEveryMs,
}: JobsOptions): Promise<OpenJobs> {
  const boss = await openBoss(databaseUrl, { log, supervise: works })
  const workers = new Map<string, QueueWorker>()
  const known = new Map<string, JobQueue>()
  let stopLooking: (() => Promise<void>) | undefined
  const stopHearing = [
    changes.on(JOBS_TOPIC, (key) => {
      const { queue, at } = readHint(key)
      workers.get(queue)?.lookAt(at)
    }),
    changes.onReset(() => {
      for (const worker of workers.values()) worker.lookAt()
    }),
  ]
  const stop = async () => {
    await Promise.all([stopLooking?.(), ...[...workers.values()].map((worker) => worker.close())])
    workers.clear()
  }
  return {
    wake: (trx, publish, queue, wakes) => wake(boss, trx, publish, queue, wakes),
    async prepare(queues) {
      await makeQueues(boss, queues)
      for (const queue of queues) known.set(queue.name, queue)
    },
    start() {
      if (!works) return
      for (const queue of known.values()) workers.set(queue.name, workQueue({ boss, changes, queue, log, onRun }))
      stopLooking = lookAround(boss, [...known.keys()], (name) => workers.get(name)?.lookAt(), log, lookEveryMs)
    },
    async depths() {
      return (await boss.getQueues())
        .filter(({ name }) => known.has(name) || name === PARKED)
        .map((it) => ({
          queue: it.name,
          ready: it.readyCount,
          active: it.activeCount,
          delayed: it.deferredCount,
          oldestSeconds: it.readyOldestSeconds ?? 0,
        }))
    },
    stop,
    async close() {
      for (const end of stopHearing) end()
      await stop()
      await boss.stop({ graceful: false })
    },
  }
}

async function wake(
  boss: PgBoss,
  trx: Executor,
  publish: Publish,
  queue: string,
  wakes: readonly Wake[],
): Promise<void> {
  if (wakes.length === 0) return
  const jobs = wakes.map(({ key, group, at }) => ({
    data: { key },
    singletonKey: key,
    ...(group === undefined ? {} : { group: { id: group } }),
    ...(at === undefined ? {} : { startAfter: secondsUntil(at) }),
  }))
  await boss.insert(queue, jobs, { db: overKysely(trx) })
  for (const second of secondsToLookAt(wakes)) publish({ topic: JOBS_TOPIC, key: hint(queue, second) })
}

/** When workers should look, in ms since 1970: 0 for now. What is due later than in a minute they find by themselves. */
function secondsToLookAt(wakes: readonly Wake[]): Set<number> {
  const now = Date.now()
  const times = wakes.map(({ at }) =>
    at === undefined || at.getTime() <= now ? 0 : Math.ceil(at.getTime() / 1000) * 1000,
  )
  return new Set(times.filter((time) => time <= now + NEAR_MS))
}

/**
 * Counted from now, because the queue looks at the clock of the database: were that some seconds ahead, work would come before its time, say
 * so, and come again, as fast as it can.
 */
function secondsUntil(at: Date): number {
  return Math.max(0, (at.getTime() - Date.now()) / 1000)
}

/** `events.process`, or `events.process@1764127556789` for later: which worker should look, and when. */
function hint(queue: string, at: number): string {
  return at === 0 ? queue : `${queue}@${at}`
}

function readHint(key: string): { queue: string; at?: Date } {
  const [queue = '', at] = key.split('@')
  return at === undefined ? { queue } : { queue, at: new Date(Number(at)) }
}
