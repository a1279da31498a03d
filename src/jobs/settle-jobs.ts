import type { Job, PgBoss } from 'pg-boss'
import type { Executor, Publish } from './jobs.ts'
import { JOBS_TOPIC } from './jobs.ts'
import { overKysely } from './open-boss.ts'

export type Fetched = Job<{ key: string }>

interface Settling {
  job: Fetched
  isOver: boolean
  resolve(): void
  reject(error: unknown): void
}

/** Says of jobs that were run whether they are over. */
export interface SettleJobs {
  done(job: Fetched): Promise<void>
  /** The key waits at the end of the line: others wait too. */
  again(job: Fetched): Promise<void>
}

/** Jobs that end while others are being settled are settled together, after them: for short jobs it costs more than the job. */
export function createSettleJobs(
  boss: PgBoss,
  changes: { transaction<T>(work: (trx: Executor, publish: Publish) => Promise<T>): Promise<T> },
  queue: string,
): SettleJobs {
  let waiting: Settling[] = []
  let isRunning = false
  const settle = (job: Fetched, isOver: boolean) =>
    new Promise<void>((resolve, reject) => {
      waiting.push({ job, isOver, resolve, reject })
      if (isRunning) return
      isRunning = true
      setImmediate(() => void run())
    })
  return { done: (job) => settle(job, true), again: (job) => settle(job, false) }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      await Promise.all([
        together(
          batch.filter(({ isOver }) => isOver),
          (jobs) => boss.complete(queue, jobs),
        ),
        together(
          batch.filter(({ isOver }) => !isOver),
          wakeAgain,
        ),
      ])
    }
    isRunning = false
  }

  async function together(batch: readonly Settling[], work: (jobs: Fetched[]) => Promise<unknown>): Promise<void> {
    if (batch.length === 0) return
    try {
      await work(batch.map(({ job }) => job))
      for (const { resolve } of batch) resolve()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  async function wakeAgain(jobs: Fetched[]): Promise<void> {
    await changes.transaction(async (trx, publish) => {
      const within = { db: overKysely(trx) }
      const ours = new Set(stillOurs(await boss.complete(queue, jobs, null, within)))
      const wakes = jobs.filter(({ id }) => ours.has(id)).map(wakeOf)
      if (wakes.length === 0) return
      await boss.insert(queue, wakes, within)
      publish({ topic: JOBS_TOPIC, key: queue })
    })
  }
}

function wakeOf({ data: { key }, groupId }: Fetched) {
  return { data: { key }, singletonKey: key, ...(groupId ? { group: { id: groupId } } : {}) }
}

/** Ids of the jobs that the statement found in this process's hands. The library answers it and does not declare it. */
export function stillOurs(response: object): readonly string[] {
  return (response as { settled?: string[] }).settled ?? []
}
