import { sql, type Transaction } from 'kysely'
import { ValenceError } from '../errors.ts'
import type { LevelOwner } from './level-owner.ts'
import { LIMITS } from './limits.ts'
import type { ResourceTables } from './resource-table.ts'

/** @throws ValenceError BODY_INVALID for what one level cannot hold */
export function assertLevelSize(what: string, ...texts: readonly (string | null)[]): void {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0)
  if (bytes <= LIMITS.levelBytes) return
  throw new ValenceError('BODY_INVALID', `The ${what} has ${bytes} bytes, at most ${LIMITS.levelBytes} may be stored`)
}

const TABLES = {
  definitions: { size: sql`octet_length(fields)`, max: LIMITS.definitionBytes },
  transformation_levels: {
    size: sql`octet_length(fields) + octet_length(configuration) + coalesce(octet_length(script), 0)`,
    max: LIMITS.transformationBytes,
  },
} as const

/**
 * What an account and its instances say together, or the organization for all of its accounts, is read at once by lists and calls; asked after
 * a level was written.
 *
 * @throws ValenceError TOO_MANY (409)
 */
export async function assertRoomOf(
  trx: Transaction<ResourceTables>,
  table: keyof typeof TABLES,
  { organizationId, accountId }: LevelOwner,
): Promise<void> {
  const { size, max } = TABLES[table]
  const isOf = (column: string, id: number | undefined) =>
    id === undefined ? sql`${sql.ref(column)} is null` : sql`${sql.ref(column)} = ${id}`
  const { rows } = await sql<{ bytes: number }>`
    select coalesce(sum(${size}), 0)::bigint as bytes from ${sql.table(table)}
    where ${isOf('organization_id', organizationId)} and ${isOf('account_id', accountId)}`.execute(trx)
  const bytes = rows[0]?.bytes ?? 0
  if (bytes <= max) return
  const whose = accountId === undefined ? 'The organization' : 'The account'
  const what = table === 'definitions' ? 'object definitions' : 'transformations'
  throw new ValenceError('TOO_MANY', `${whose} has ${bytes} bytes of ${what}, at most ${max}; delete some first`)
}
