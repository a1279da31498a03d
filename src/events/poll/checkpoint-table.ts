import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import type { Store } from '../../store/database.ts'

/** How far the polls of one resource of an instance have come; there from when polling is switched on. */
export interface CheckpointTable {
  id: Generated<number>
  organization_id: number
  account_id: number
  instance_id: number
  /** name of the resource: `objectType` of its events */
  object_type: string
  /** what changed before is not told */
  switched_on: Date
  /** where the next poll begins; it looks some minutes back, and knows by `seen` what was told of them */
  read_from: Date
  /** when the last poll that succeeded began; null before the first */
  last_poll_date: Date | null
  /** of `memory.ts` */
  seen: Generated<Buffer>
  /** in a row */
  failures: Generated<number>
  /** after failures: not before */
  next_allowed_at: Date | null
  /** what went wrong, for the customer */
  message: string | null
  /** grows with every poll: of two that run at once, one counts */
  version: Generated<number>
  created_at: Generated<Date>
  updated_at: Generated<Date>
}

export type CheckpointTables = { poller_checkpoints: CheckpointTable }
export type Checkpoint = Selectable<CheckpointTable>

export function checkpointDb({ db }: Pick<Store, 'db'>): Kysely<CheckpointTables> {
  return db.withTables<CheckpointTables>()
}

export function inCheckpoints<DB>(trx: Transaction<DB>): Transaction<CheckpointTables> {
  return trx as unknown as Transaction<CheckpointTables>
}
