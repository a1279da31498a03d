import type { Owner } from '../model/owner.ts'
import type { BulkContext } from './context.ts'

/** A job or a workflow that has ended, and whose end somebody waits for. */
export interface Ended {
  table: 'bulk_jobs' | 'bulk_workflows'
  id: number
  owner: Owner
  /** that it was started with: its signature key signs */
  instanceId: number
  address: string
  /** JSON; the same at every attempt */
  body: string
  /** what its row says of it besides, where it says something */
  message?: string | null
}

/** @returns undefined when it is not there any more, or that attempt is over */
export type ReadEnded = (context: BulkContext, id: number, attempts: number) => Promise<Ended | undefined>
