import { ValenceError } from '../errors.ts'
import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import { isRowId } from '../model/row-id.ts'
import { type BulkJob, bulkDb } from './bulk-table.ts'
import type { BulkContext } from './context.ts'

/**
 * A job belongs to the instance that started it (spec 22): to any other one, and to other accounts, it is not there. Nor is one whose file is
 * still being received.
 * @throws ValenceError NOT_FOUND
 */
export async function jobOf(
  { store }: Pick<BulkContext, 'store'>,
  caller: Caller,
  instance: Instance,
  id: number,
): Promise<BulkJob> {
  const job = isRowId(id)
    ? await seenBy({ store }, caller, instance).selectAll().where('id', '=', id).executeTakeFirst()
    : undefined
  if (job) return job
  const which = isRowId(id) ? `with id ${id}` : 'with that id'
  throw new ValenceError('NOT_FOUND', `There is no bulk job ${which} of instance ${instance.id}`)
}

/** All jobs of an instance that it may be told of. */
export function seenBy({ store }: Pick<BulkContext, 'store'>, caller: Caller, { id }: Instance) {
  return bulkDb(store)
    .selectFrom('bulk_jobs')
    .where('organization_id', '=', caller.organizationId)
    .where('account_id', '=', caller.accountId)
    .where('instance_id', '=', id)
    .where('status', '<>', 'RECEIVING')
    .where('removed_at', 'is', null)
}
