import type { Kysely } from 'kysely'
import type { AuditTable, AuditTables } from './audit-table.ts'
import { createRecordIds } from './record-ids.ts'

const idAt = createRecordIds()

/** A statement has room for 65,535 values. */
const ROWS = 1_000

/** @param db may be a transaction. @returns how many there were */
export async function insertRecords<DB>(db: Kysely<DB>, records: readonly Omit<AuditTable, 'id'>[]): Promise<number> {
  const rows = records.map((record) => ({ ...record, id: idAt(record.at) }))
  const audit = db as unknown as Kysely<AuditTables>
  for (let from = 0; from < rows.length; from += ROWS) {
    await audit
      .insertInto('audit_logs')
      .values(rows.slice(from, from + ROWS))
      .execute()
  }
  return rows.length
}
