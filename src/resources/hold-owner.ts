import { sql, type Transaction } from 'kysely'
import { ValenceError } from '../errors.ts'
import type { LevelOwner } from './level-owner.ts'
import type { ResourceContext } from './resource-context.ts'
import type { ResourceTables } from './resource-table.ts'

/**
 * Keeps whose level it is from going away until the transaction ends: what is written for somebody who just went would be nobody's. Comes
 * before resources are held, as in deletions.
 *
 * @throws ValenceError INSTANCE_NOT_FOUND, ACCOUNT_NOT_FOUND, ORGANIZATION_NOT_FOUND (404)
 */
export async function holdOwner(
  context: Pick<ResourceContext, 'instances'>,
  trx: Transaction<ResourceTables>,
  { level, associatedId }: LevelOwner,
): Promise<void> {
  if (level === 'system') return
  if (level === 'instance') {
    if (await context.instances.hold(trx, associatedId)) return
    throw new ValenceError('INSTANCE_NOT_FOUND', `There is no element instance with id ${associatedId}`)
  }
  const table = level === 'account' ? 'accounts' : 'organizations'
  const { rows } = await sql`
    select id from ${sql.table(table)} where id = ${associatedId} and deleted_at is null for share`.execute(trx)
  if (rows.length > 0) return
  if (level === 'account') throw new ValenceError('ACCOUNT_NOT_FOUND', `There is no account with id ${associatedId}`)
  throw new ValenceError('ORGANIZATION_NOT_FOUND', `There is no organization with id ${associatedId}`)
}
