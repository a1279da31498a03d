import type { Cipher } from '../../store/cipher.ts'
import {
  type ExecutionRow,
  type ExecutionStart,
  outcomeContext,
  replyContext,
  type StepRow,
  startContext,
} from './execution-table.ts'
import type { StepOutcome } from './outcome.ts'
import type { LastVisit } from './state.ts'

/**
 * What executions keep is values of customers: each column is JSON, sealed, and opens nowhere but in its own row. They are opened here alone;
 * outcomes are sealed by who writes them (`journal.ts`, `cancel-execution.ts`), snapshots are read and written in `snapshot.ts`.
 */
type Bytes = Pick<Cipher, 'sealBytes' | 'openBytes'>

export function sealStart(cipher: Bytes, id: number, start: ExecutionStart): Buffer {
  return sealJson(cipher, start, startContext(id))
}

export function openStart(cipher: Bytes, { id, start }: Pick<ExecutionRow, 'id' | 'start'>): ExecutionStart {
  return openJson(cipher, start, startContext(id)) as ExecutionStart
}

/** @returns undefined while the step is under way, and for the trigger */
export function openOutcome(
  cipher: Bytes,
  { execution_id, seq, outcome }: Pick<StepRow, 'execution_id' | 'seq' | 'outcome'>,
): StepOutcome | undefined {
  return outcome === null ? undefined : (openJson(cipher, outcome, outcomeContext(execution_id, seq)) as StepOutcome)
}

export function sealReply(cipher: Bytes, id: number, last: LastVisit | undefined): Buffer | null {
  return last === undefined ? null : sealJson(cipher, last, replyContext(id))
}

/** @returns undefined: no step was visited, or nobody waited for it */
export function openReply(cipher: Bytes, { id, reply }: Pick<ExecutionRow, 'id' | 'reply'>): LastVisit | undefined {
  return reply === null ? undefined : (openJson(cipher, reply, replyContext(id)) as LastVisit)
}

function sealJson(cipher: Bytes, value: unknown, context: string): Buffer {
  return cipher.sealBytes(Buffer.from(JSON.stringify(value)), context)
}

function openJson(cipher: Bytes, sealed: Buffer, context: string): unknown {
  return JSON.parse(cipher.openBytes(sealed, context).toString('utf8'))
}
