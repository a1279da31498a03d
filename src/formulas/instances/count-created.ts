import { sql } from 'kysely'
import type { LogScope } from '../../model/log-scope.ts'
import type { FormulaContext } from '../context.ts'

/**
 * How many instances were made in a time; deleted ones count as well, so it is asked of the audit log, which keeps a year. Calls that were refused
 * are in it as well: they left nothing behind.
 */
export async function countCreated(
  { store }: Pick<FormulaContext, 'store'>,
  { organizationId, accountIds, userId }: LogScope,
  { from, to }: { from: Date; to: Date },
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from audit_logs
    where organization_id = ${organizationId} and entity_type = 'formula-instance' and action = 'create'
      and entity_id is not null and after is not null and at between ${from} and ${to}
      and ${accountIds ? sql`account_id = any(${accountIds}::integer[])` : sql`true`}
      and ${userId === undefined ? sql`true` : sql`user_id = ${userId}`}`.execute(store.db)
  return rows[0]?.count ?? 0
}
