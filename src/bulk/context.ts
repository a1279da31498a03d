import type { Authorize } from '../accounts/authorize.ts'
import type { CallInstance } from '../instances/call.ts'
import type { Instance } from '../instances/instance.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Caller } from '../model/account.ts'
import type { Send } from '../model/exchange.ts'
import type { PlatformReply, PlatformRequest } from '../model/platform-call.ts'
import type { Store } from '../store/database.ts'
import type { Log } from '../store/tables.ts'
import type { Mapping } from '../transform/mapping.ts'
import type { BulkDirection, BulkJob } from './bulk-table.ts'
import type { JobFiles } from './files/job-files.ts'

/**
 * This room moves many rows: into a file (`download/`), from one (`upload/`), from one instance to another (`workflows/`). A request becomes
 * a row of `bulk_jobs`; `run-job.ts` works at it, some seconds at a time, in whatever process has time for it.
 */
export interface BulkContext {
  store: Pick<Store, 'db' | 'changes' | 'cipher'>
  jobs: Jobs
  authorize: Authorize
  now(): Date
  log: Log
  /** for metrics */
  onTurn(fact: BulkTurnFact): void
  files: JobFiles
  limits: BulkLimits
  /** whose turn it is to read a file */
  reading: ReadingTurns
  /** the way of every resource call of an instance */
  call: CallInstance
  /** the common resource that a name stands for in these calls, if it is one (`instances/common-resources-of.ts`) */
  mappingOf(caller: Caller, instance: Instance, objectName: string): Mapping | undefined | Promise<Mapping | undefined>
  /** @throws ValenceError CREDENTIALS_INVALID for a user who is not active */
  callerOf(userId: number): Caller | Promise<Caller>
  findInstance(id: number): Instance | undefined | Promise<Instance | undefined>
  /** @throws ValenceError CREDENTIALS_INVALID */
  findByToken(token: string): Instance | Promise<Instance>
  send: Send
  /** whether a request that failed with this error was surely never sent */
  isBeforeSend(error: unknown): boolean
  /** our own API in the name of the owner */
  callPlatform(
    owner: { userId: number },
    instanceId: number | undefined,
    request: PlatformRequest,
  ): Promise<PlatformReply>
  /** @returns path below the API prefix, of an address that leads to ourselves */
  ownPath(address: string): string | undefined
}

/** Whose it is that is read. */
export type ReadingOwner = Pick<BulkJob, 'account_id' | 'organization_id'>

export interface ReadingTurns {
  /** @throws ValenceError UNAVAILABLE when the turn did not come in time */
  run(work: () => Promise<void>, owner: ReadingOwner): Promise<void>
}

/** What a turn at a job came to, in rows. */
export interface BulkTurnFact {
  direction: BulkDirection
  done: number
  /** that surely were not written */
  failed: number
  uncertain: number
}

export interface BulkLimits {
  /** of all files of an account together */
  accountBytes: number
  /** of one file */
  fileBytes: number
  /** how long files are kept after their job has ended */
  days: number
  /** jobs of an account that have not ended */
  openJobs: number
}
