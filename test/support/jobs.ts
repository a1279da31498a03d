import type { JobQueue, Jobs, Wake } from '../../src/jobs/jobs.ts'

export interface TestJobs extends Jobs {
  /** what was woken and not yet drained, in order */
  readonly waiting: readonly ({ queue: string } & Wake)[]
  /** Runs what waits for these queues, and what that wakes, one key after the other; delayed wakes run too, whatever their time. */
  drain(queues: readonly JobQueue[]): Promise<void>
}

const MOST_RUNS = 10_000

/** Jobs in memory: nothing runs until it is drained, and everything that was drained ran to its end. Rolled-back wakes stay. */
export function createTestJobs(): TestJobs {
  let waiting: ({ queue: string } & Wake)[] = []
  return {
    get waiting() {
      return waiting
    },
    async wake(_trx, _publish, queue, wakes) {
      for (const wake of wakes) {
        if (!waiting.some((one) => one.queue === queue && one.key === wake.key)) waiting.push({ queue, ...wake })
      }
    },
    async drain(queues) {
      for (let runs = 0; runs < MOST_RUNS; runs++) {
        const next = waiting.find(({ queue }) => queues.some(({ name }) => name === queue))
        if (!next) return
        waiting = waiting.filter((one) => one !== next)
        const queue = queues.find(({ name }) => name === next.queue)
        const outcome = await queue?.run(next.key, new AbortController().signal)
        if (outcome === 'more') waiting.push(next)
      }
      throw new Error(`jobs did not come to an end after ${MOST_RUNS} runs`)
    },
  }
}
