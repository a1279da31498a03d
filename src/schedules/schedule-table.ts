import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import { contextOf } from '../store/cipher.ts'
import type { Store } from '../store/database.ts'
import type { SealedColumn } from '../store/rotate-keys.ts'
import type { TimePartitions } from '../store/time-partitions.ts'

/** Tables of this room; the schema is `store/migrations/0013-schedules.ts`. */
export type ScheduleTables = { schedules: ScheduleTable; schedule_runs: ScheduleRunTable }

/** What is done again and again. Exactly one of `cron` and `every_minutes` is set. */
export interface ScheduleTable {
  id: Generated<number>
  /** what it is for: `api` a stored call of a user, `poller`, `hub` what the hub does for itself */
  kind: string
  /** what it is about; one of a kind has one schedule */
  reference: string
  organization_id: number
  account_id: number
  user_id: number
  instance_id: number | null
  element_key: string | null
  name: string
  description: string
  /** Quartz, 6 or 7 fields */
  cron: string | null
  time_zone: Generated<string>
  every_minutes: number | null
  /** sealed JSON of a stored call, which may hold secrets */
  call: string | null
  state: Generated<'NORMAL' | 'PAUSED'>
  /** of an interval the first occurrence, which the others are counted from; of a cron when it was given */
  started_at: Date
  /** null: never again, or paused */
  next_run_at: Date | null
  /** the occurrence that waits to be run; a later one takes its place */
  due_at: Date | null
  /** the run under way: its row in `schedule_runs` (0 where none is kept), its occurrence, when it began */
  run_id: number | null
  run_due_at: Date | null
  run_started_at: Date | null
  /** how often a run of the same occurrence began: what ends the process every time is given up */
  attempts: Generated<number>
  last_run_at: Date | null
  created_at: Generated<Date>
  updated_at: Generated<Date>
}

/** One run. Names and owners are those of its time. */
export interface ScheduleRunTable {
  id: Generated<number>
  started_at: Date
  schedule_id: number
  kind: string
  organization_id: number
  account_id: number
  user_id: number
  instance_id: number | null
  element_key: string | null
  reference: string
  name: string
  description: string
  state: RunState
  /** why it failed, or what there is to say */
  message: string | null
  ended_at: Date | null
}

/** As the wire says it (spec 33 §1.4). */
export type RunState = 'RUNNING' | 'COMPLETED' | 'ERROR'

export type ScheduleRow = Selectable<ScheduleTable>
export type ScheduleRunRow = Selectable<ScheduleRunTable>

export const SEALED_COLUMNS: SealedColumn[] = [{ table: 'schedules', idColumn: 'id', column: 'call' }]

/** Runs are kept for a month at least. */
export const RUN_PARTITIONS: TimePartitions = {
  table: 'schedule_runs',
  column: 'started_at',
  unit: 'month',
  keepDays: 31,
  ahead: 1,
}

export function scheduleDb({ db }: Pick<Store, 'db'>): Kysely<ScheduleTables> {
  return db.withTables<ScheduleTables>()
}

export function inSchedules<DB>(trx: Transaction<DB>): Transaction<ScheduleTables> {
  return trx as unknown as Transaction<ScheduleTables>
}

/** Where a stored call opens, and nowhere else. */
export function callContext(id: number): string {
  return contextOf('schedules', 'call', id)
}
