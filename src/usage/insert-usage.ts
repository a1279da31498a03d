import { type Kysely, sql } from 'kysely'
import { type Inserted, insertInParts } from '../store/insert-in-parts.ts'
import type { UsageRecord, UsageTables } from './usage-table.ts'

/** The columns of the table as PostgreSQL reads them out of JSON. */
const COLUMNS: Readonly<Record<keyof UsageRecord, string>> = {
  traffic_id: 'text',
  traffic_date: 'timestamptz',
  organization_id: 'integer',
  account_id: 'integer',
  user_id: 'integer',
  method: 'text',
  uri: 'text',
  ip: 'text',
  status: 'integer',
  process_ms: 'integer',
  vendor_ms: 'integer',
  api: 'text',
  element_key: 'text',
  element_name: 'text',
  hub: 'text',
  resource: 'text',
  instance_id: 'integer',
  instance_name: 'text',
  instance_tags: 'text[]',
  vendor_method: 'text',
  vendor_resource: 'text',
  common_resource: 'boolean',
  message: 'text',
  provider_message: 'text',
}
const NAMES = Object.keys(COLUMNS).join(', ')
const SHAPE = Object.entries(COLUMNS)
  .map(([name, type]) => `${name} ${type}`)
  .join(', ')

/** A table that somebody keeps locked must not hold a connection, nor a hub that wants to stop, for longer. */
const STATEMENT_MS = 3_000

/**
 * Stores records in one statement. What is there already stays as it is, so a batch may come twice.
 * @param lines JSON texts of `UsageRecord`
 * @throws ValenceError UNAVAILABLE, or whatever else keeps the database from answering; never for what is in a record
 */
export async function insertUsage(db: Kysely<UsageTables>, lines: readonly string[]): Promise<Inserted> {
  return insertInParts(lines, (some) => insertAll(db, `[${some.join(',')}]`))
}

function insertAll(db: Kysely<UsageTables>, records: string): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await sql`select set_config('statement_timeout', ${String(STATEMENT_MS)}, true)`.execute(trx)
    const { numAffectedRows } = await sql`
      insert into usage_records (${sql.raw(NAMES)})
      select ${sql.raw(NAMES)} from json_to_recordset(${records}::json) as record(${sql.raw(SHAPE)})
      on conflict do nothing`.execute(trx)
    return Number(numAffectedRows ?? 0)
  })
}
