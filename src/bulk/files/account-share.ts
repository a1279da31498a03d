import { ValenceError } from '../../errors.ts'
import { bulkDb } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'

/**
 * Before a part is stored: whether the files of the account may grow. Jobs that ask at the same moment may go beyond it by a part each: the
 * share guards the disk, it is no promise to anybody.
 *
 * @param moreBytes of the part
 * @throws ValenceError TOO_MANY
 */
export async function assertShare(
  { store, limits: { accountBytes, days } }: Pick<BulkContext, 'store' | 'limits'>,
  accountId: number,
  moreBytes: number,
): Promise<void> {
  const { bytes } = await bulkDb(store)
    .selectFrom('bulk_jobs')
    .select(({ fn }) => fn.sum<string | null>('stored_bytes').as('bytes'))
    .where('account_id', '=', accountId)
    .where('files_removed_at', 'is', null)
    .executeTakeFirstOrThrow()
  const storedBytes = Number(bytes ?? 0)
  if (storedBytes + moreBytes <= accountBytes) return
  throw new ValenceError(
    'TOO_MANY',
    `The files of the bulk jobs of this account take ${inGigabytes(storedBytes)} of the ${inGigabytes(accountBytes)} that it may have; they go ${days} days after the end of their job`,
  )
}

function inGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`
}
