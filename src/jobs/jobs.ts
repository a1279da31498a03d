import type { Kysely } from 'kysely'

/**
 * Work that is done after the answer, on whatever machine has time for it: the words; pg-boss keeps them.
 *
 * A job says "there is work at this key" and nothing else; what the work is, stands in the tables of the room that wakes it. So
 * a job may come twice, and a room's `run` finds nothing left to do. At any time one job of a key runs, in whichever process:
 * what must go in order, goes under one key.
 */

/** One kind of work. */
export interface JobQueue {
  /** `room.verb`, as `events.process` */
  name: string
  /** how many keys one process works at together */
  slots: number
  /** how many of one group all processes work at together, so that one tenant cannot take every slot; no limit when absent */
  perGroup?: number
  /**
   * Does some of what waits at the key: enough to be worth the way, and no more than a second or so of own work, because
   * others wait too. Everything it decides is in the database when it ends.
   *
   * A throw is a failure of this hub, not of a tenant's data: the same key runs again later, after 1, 2, 4 … 60 s, and is
   * parked after 15 failures in a row until somebody wakes it again. What a tenant's script or receiver does wrong, the room
   * notes in its own rows.
   *
   * @param signal aborted when the process stops, or when the job was given to another one meanwhile
   */
  run(key: string, signal: AbortSignal): Promise<JobOutcome>
}

/** `more`: not all was done, the key waits in line again. */
export type JobOutcome = 'done' | 'more'

export interface Wake {
  key: string
  /** whose work it is, for `perGroup`: `account:12` */
  group?: string
  /** not before */
  at?: Date
}

export interface Jobs {
  /**
   * Says that there is work. It is known when the transaction commits, and gone when that rolls back. A key that is woken many
   * times before it runs, runs once.
   *
   * @param trx the transaction that makes the work, a Kysely one
   * @param publish of the same transaction (`store/changes.ts`)
   */
  wake(trx: Executor, publish: Publish, queue: string, wakes: readonly Wake[]): Promise<void>
}

/** What runs SQL: a Kysely database or transaction. This room does not know the store. */
export type Executor = Pick<Kysely<unknown>, 'executeQuery'>

/** Topic of the changes by which processes hear of new work; the key is the queue. */
export const JOBS_TOPIC = 'jobs'

export type Publish = (change: { topic: string; key: string }) => void
