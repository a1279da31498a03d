import type { Transaction } from 'kysely'
import type { FormulaContext } from '../context.ts'
import type { ExecutionStatus } from '../executions/execution-table.ts'

/** An execution that an event started, at its end. */
export interface EndOfEvent {
  executionId: number
  status: ExecutionStatus
  accountId: number
  eventId: string
  /** `trigger.instanceId` */
  elementInstanceId: number
}

/** Says so beside the events that started executions, when these have ended, in the same transaction (spec 30 §1.5). */
export async function noteEnds<DB>(
  { noteEvents }: Pick<FormulaContext, 'noteEvents'>,
  trx: Transaction<DB>,
  ends: readonly EndOfEvent[],
): Promise<void> {
  if (ends.length === 0) return
  await noteEvents(
    trx,
    ends.map(({ executionId, status, ...event }) => ({
      ...event,
      message: `Completed execution ${executionId}: ${status}`,
    })),
  )
}
