import type { PgBoss } from 'pg-boss'
import type { Executor, JobQueue, Publish } from './jobs.ts'
import { BOSS_SCHEMA, type BossLog } from './open-boss.ts'
import { createSettleJobs, type Fetched, stillOurs } from './settle-jobs.ts'

/** What a run came to. `lost`: another process has the job meanwhile. */
export interface JobFact {
  queue: string
  outcome: 'done' | 'more' | 'failed' | 'lost'
  ms: number
}

export interface QueueWorker {
  /** there may be work, now or at a time */
  lookAt(at?: Date): void
  close(): Promise<void>
}

const BEAT_EVERY_MS = 3_000
const MOST_FETCHED = 32
/** while others work, free slots are filled together: a look for one job costs as much as one for twenty */
const REFILL_MS = 3
/** callers are to be drained as well, and a container waits 30 s for all of it */
const DRAIN_MS = 10_000
/** what is due later than that, a look finds in time */
export const NEAR_MS = 60_000

/**
 * Works at one queue, when it is told that there may be work (`lookAt`): takes as many jobs as it has free slots, each runs by itself, and a slow one
 * holds nobody but its own slot. (`work()` of pg-boss waits for its whole batch.)
 */
export function workQueue({
  boss,
  changes,
  queue,
  log,
  onRun,
}: {
  boss: PgBoss
  changes: { transaction<T>(work: (trx: Executor, publish: Publish) => Promise<T>): Promise<T> }
  queue: JobQueue
  log: BossLog
  onRun?: ((fact: JobFact) => void) | undefined
}): QueueWorker {
  const { name, slots, perGroup } = queue
  const active = new Map<string, { job: Fetched; controller: AbortController; run: Promise<void> }>()
  const settle = createSettleJobs(boss, changes, name)
  let isClosed = false
  let fetching: Promise<void> | undefined
  /** something happened while a fetch was under way: what it found may be out of date */
  let isStale = false
  /** slots became free while others are at work */
  let refill: NodeJS.Timeout | undefined
  /** by second: one timer for all that is due in it */
  const alarms = new Map<number, NodeJS.Timeout>()
  const beat = setInterval(() => void keepAlive(), BEAT_EVERY_MS)
  void pump()

  return {
    lookAt(at) {
      if (isClosed) return
      if (at && at.getTime() > Date.now()) setAlarm(at.getTime())
      else lookSoon()
    },
    async close() {
      isClosed = true
      clearTimeout(refill)
      for (const timer of alarms.values()) clearTimeout(timer)
      for (const { controller } of active.values()) controller.abort(new Error('the process stops'))
      const patience = Promise.withResolvers<void>()
      const timer = setTimeout(patience.resolve, DRAIN_MS)
      await Promise.race([drained(), patience.promise])
      clearTimeout(timer)
      clearInterval(beat)
      if (active.size > 0) log.warn({ queue: name, jobs: active.size }, 'jobs were not over in time; they run again')
    },
  }

  /** Also what a fetch under way still brings, which is given back at once. */
  async function drained(): Promise<void> {
    await fetching
    await Promise.allSettled([...active.values()].map(({ run }) => run))
  }

  function lookSoon(): void {
    if (active.size === 0) void pump()
    else refill ??= setTimeout(pump, REFILL_MS)
  }

  function pump(): Promise<void> {
    clearTimeout(refill)
    refill = undefined
    if (fetching) isStale = true
    fetching ??= fetchAll().finally(() => {
      fetching = undefined
    })
    return fetching
  }

  async function fetchAll(): Promise<void> {
    try {
      do {
        isStale = false
        while (!isClosed && active.size < slots && (await fetchSome()) > 0);
      } while (isStale && !isClosed && active.size < slots)
    } catch (error) {
      // the database is out of reach, or busy: the next look tries again
      if (!isClosed) log.warn({ err: error, queue: name }, 'no jobs could be fetched')
    }
  }

  async function fetchSome(): Promise<number> {
    const jobs = await boss.fetch<{ key: string }>(name, {
      batchSize: Math.min(powerOfTwo(slots - active.size), MOST_FETCHED),
      ...(perGroup === undefined ? {} : { groupConcurrency: perGroup }),
    })
    if (jobs.length === 0) return 0
    await dropRepeats(jobs).catch((error) =>
      log.warn({ err: error, queue: name }, 'repeated wakes stay; they run for nothing'),
    )
    for (const job of jobs) {
      const controller = new AbortController()
      const entry = { job, controller, run: Promise.resolve() }
      active.set(job.id, entry)
      entry.run = work(job, controller.signal).finally(() => {
        active.delete(job.id)
        lookSoon()
      })
    }
    return jobs.length
  }

  /**
   * What was woken again before these keys run is done by this run: it reads later than those transactions committed, or their jobs
   * would not be visible here. None of them can have begun, because one job of a key runs at a time. A process that stood still after it
   * fetched drops nothing: another one has its jobs then, and may have read before.
   */
  async function dropRepeats(jobs: readonly Fetched[]): Promise<void> {
    await boss.getDb().executeSql(
      `delete from ${BOSS_SCHEMA}.job repeated using ${BOSS_SCHEMA}.job held, unnest($2::uuid[], $3::int[]) as ours (id, attempt)
      where held.name = $1 and held.id = ours.id and held.retry_count = ours.attempt and held.state = 'active'
        and repeated.name = $1 and repeated.state = 'created' and repeated.singleton_key = held.singleton_key
        and repeated.singleton_key = any ($4::text[])
        and repeated.start_after <= ${BOSS_SCHEMA}.job_now()`,
      [name, jobs.map(({ id }) => id), jobs.map(({ retryCount }) => retryCount), jobs.map(({ data }) => data.key)],
    )
  }

  async function work(job: Fetched, signal: AbortSignal): Promise<void> {
    const started = performance.now()
    const finished = (outcome: JobFact['outcome']) => onRun?.({ queue: name, outcome, ms: performance.now() - started })
    const { key } = job.data
    try {
      const outcome = isClosed ? 'more' : await queue.run(key, signal)
      await (outcome === 'more' ? settle.again(job) : settle.done(job))
      finished(outcome)
    } catch (error) {
      if (signal.aborted && !isClosed) return finished('lost')
      if (signal.aborted) return giveBack(job)
      finished('failed')
      log.error({ err: error, queue: name, key, attempt: job.retryCount + 1 }, 'a job failed; it runs again')
      await boss
        .fail(name, job, { message: error instanceof Error ? error.message : String(error) })
        .catch((also) =>
          log.warn({ err: also, queue: name, key }, 'a failed job could not be given back; it runs again later'),
        )
      // it is due in some seconds, and nobody is told
      setAlarm(Date.now() + 1_500)
    }
  }

  /** Told to stop, a run may end by a throw; that is no failure. */
  async function giveBack(job: Fetched): Promise<void> {
    await settle
      .again(job)
      .catch((error) =>
        log.warn({ err: error, queue: name, key: job.data.key }, 'a job could not be given back; it comes back later'),
      )
  }

  async function keepAlive(): Promise<void> {
    if (active.size === 0) return
    const jobs = [...active.values()].map(({ job }) => job)
    try {
      const held = new Set(stillOurs(await boss.touch(name, jobs)))
      for (const { id } of jobs) {
        if (!held.has(id)) active.get(id)?.controller.abort(new Error('another process has this job meanwhile'))
      }
    } catch (error) {
      log.warn({ err: error, queue: name }, 'the heartbeat of jobs could not be written')
    }
  }

  function setAlarm(at: number): void {
    const second = Math.ceil(at / 1000)
    const ms = second * 1000 - Date.now()
    if (isClosed || ms > NEAR_MS || alarms.has(second)) return
    const ring = () => {
      alarms.delete(second)
      void pump()
    }
    // the database counted from when the wake reached it, some milliseconds later
    alarms.set(second, setTimeout(ring, Math.max(ms, 0) + 50))
  }
}

/** Few sizes, because each is a statement of its own. @returns the largest one that is not more */
function powerOfTwo(most: number): number {
  return 2 ** Math.floor(Math.log2(most))
}
