import type { FormulaContext } from '../context.ts'
import { formulaDb } from '../formula-table.ts'
import { ENDED_TOPIC, type ExecutionStatus } from './execution-table.ts'
import { openReply } from './sealed-values.ts'

/** An execution that somebody waited for. */
export interface EndedExecution {
  id: number
  status: ExecutionStatus
  /** what its last step came to; undefined: nothing */
  reply: unknown
  /** its last step failed */
  lastFailed: boolean
  /** why: of the last step, or of the execution as a whole */
  error: string | undefined
}

/** News may be lost with the connection that hears them. */
const LOOK_EVERY_MS = 1_000

/**
 * Waits for the end of an execution that was started as awaited.
 *
 * @returns undefined when the time is over
 */
export async function awaitEnd(
  context: Pick<FormulaContext, 'store'>,
  id: number,
  ms: number,
): Promise<EndedExecution | undefined> {
  const { changes } = context.store
  const until = performance.now() + ms
  let bell = Promise.withResolvers<void>()
  const stop = changes.on(ENDED_TOPIC, (key) => {
    if (key === String(id)) bell.resolve()
  })
  try {
    for (;;) {
      const ended = await read(context, id)
      const left = until - performance.now()
      if (ended || left <= 0) return ended
      await rings(bell.promise, Math.min(left, LOOK_EVERY_MS))
      bell = Promise.withResolvers<void>()
    }
  } finally {
    stop()
  }
}

async function rings(bell: Promise<void>, ms: number): Promise<void> {
  const patience = Promise.withResolvers<void>()
  const timer = setTimeout(patience.resolve, ms)
  await Promise.race([bell, patience.promise])
  clearTimeout(timer)
}

async function read({ store }: Pick<FormulaContext, 'store'>, id: number): Promise<EndedExecution | undefined> {
  const row = await formulaDb(store)
    .selectFrom('formula_executions')
    .select(['id', 'status', 'reply', 'error'])
    .where('id', '=', id)
    .where('finished_at', 'is not', null)
    .executeTakeFirst()
  if (!row) return undefined
  const last = openReply(store.cipher, row)
  return {
    ...{ id, status: row.status, reply: last?.value },
    lastFailed: last?.isFailure ?? row.status !== 'success',
    error: row.error ?? last?.error,
  }
}
