import type { Instance } from '../instances/instance.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Owner } from '../model/owner.ts'
import type { PlatformReply, PlatformRequest } from '../model/platform-call.ts'
import type { Store } from '../store/database.ts'
import type { Log } from '../store/tables.ts'

/**
 * This room decides when: what is done again and again has a row in `schedules` (`put-schedule.ts`), the clock finds the rows that are due
 * (`clock.ts`), a job does each of them (`run-schedule.ts`). What is done, the kind of the schedule says; `main.ts` hands the functions over.
 * The jobs that users make and see (spec 33 §1) are in `api/`.
 */
export interface ScheduleContext {
  store: Pick<Store, 'db' | 'changes' | 'cipher'>
  jobs: Jobs
  now(): Date
  log: Log
  kinds: Readonly<Record<string, RunKind>>
  /** between two times of a cron (spec 33 §1.2) */
  leastMinutes: number
  findInstance(id: number): Instance | undefined | Promise<Instance | undefined>
  /** @throws ValenceError PARAMETER_INVALID for what is no path of our own API */
  assertApiPath(path: string): void
  /** our own API in the name of the owner */
  callPlatform(
    owner: { userId: number },
    instanceId: number | undefined,
    request: PlatformRequest,
  ): Promise<PlatformReply>
}

/**
 * Does what a schedule of one kind is for, once. An occurrence may come twice, when the process that ran it was killed.
 *
 * @param signal aborted when the process stops: what then throws is run again
 * @returns what there is to say of it
 * @throws ValenceError: it failed, and its message says why. Nothing is tried again before the next time
 */
export type RunKind = (schedule: DueSchedule, signal: AbortSignal) => Promise<{ message?: string }>

export interface DueSchedule {
  id: number
  reference: string
  owner: Owner
  instanceId: number | undefined
  /** when it was to be done */
  dueAt: Date
}

/** What the hub does for itself: nobody sees it, and no history is kept of it. */
export const HUB_KIND = 'hub'
/** A stored call of a user. */
export const API_KIND = 'api'
