import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'

/** What a turn at a job has to work with. */
export interface Turn {
  instance: Instance
  /** owner of the job, in whose name its calls are made */
  caller: Caller
  /** nothing new is begun after it */
  until: number
  /** somebody wants the job to end, or this process does: what is under way is brought to its end, nothing new is begun */
  signal: AbortSignal
}

/**
 * What a turn came to. What it did is in the database by then, and where it ended its job, `finish` was called. `again` with a time: not
 * before; the vendor wants to be left alone.
 */
export type TurnOutcome = { state: 'ended' } | { state: 'again'; at?: Date }
