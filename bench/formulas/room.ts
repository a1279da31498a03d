import type { FormulaContext } from '../../src/formulas/context.ts'
import { executionQueues } from '../../src/formulas/executions/run-execution.ts'
import { failureQueue } from '../../src/formulas/executions/tell-failure.ts'
import type { OpenJobs } from '../../src/jobs/open-jobs.ts'
import { openJobs } from '../../src/jobs/open-jobs.ts'
import { createSandbox } from '../../src/sandbox/create-sandbox.ts'
import { openStore, type Store } from '../../src/store/database.ts'
import { keyRingFromText } from '../../src/store/key-ring.ts'
import { openTestFormulas } from '../../test/support/formula-room.ts'

const LOG = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: console.error }

/** The room of formulas with the queue, the sandbox and the database of a hub, and nothing else of it. */
export interface BenchRoom {
  store: Store
  jobs: OpenJobs
  formulas: ReturnType<typeof openTestFormulas>
  close(): Promise<void>
}

/** @param send the way out; @param works whether executions run in this process */
export async function openRoom(
  url: string,
  keys: string,
  { send, works = true }: { send?: FormulaContext['send']; works?: boolean } = {},
): Promise<BenchRoom> {
  const store = await openStore({ url, keyRing: keyRingFromText(keys, 'bench'), log: LOG as never })
  const jobs = await openJobs({ databaseUrl: url, changes: store.changes, log: LOG, works } as Parameters<
    typeof openJobs
  >[0])
  const noHttp = () => Promise.reject(new Error('there is no network here'))
  const sandbox = createSandbox({ runners: works ? 2 : 0, http: noHttp, log: LOG })
  const formulas = openTestFormulas(store, {
    ...{ jobs, now: () => new Date(), runStepScript: sandbox.runStep, ownPath: () => undefined },
    ...(send ? { send } : {}),
  })
  formulas.clock.at = new Date()
  formulas.context.limits.openExecutions = 1_000_000
  const { context } = formulas
  await jobs.prepare([...executionQueues(context), failureQueue(context)])
  if (works) jobs.start()
  return {
    ...{ store, jobs, formulas },
    async close() {
      await jobs.close()
      await sandbox.close()
      await store.close()
    },
  }
}
