import type { Transaction } from 'kysely'
import { inCheckpoints } from './checkpoint-table.ts'

/**
 * Before it every poll looks back this far: a vendor's clock may be slow by as much, and as late a vendor may find what changed. What was
 * told of that time is remembered (`memory.ts`).
 */
export const LOOK_BACK_MS = 5 * 60_000

interface PolledInstance {
  id: number
  organizationId: number
  accountId: number
}

/**
 * The checkpoints of an instance are those of the resources it polls: what is new among them begins now, what it no longer polls is
 * forgotten at once (spec 40 §7.6).
 *
 * @param objectTypes none: the instance is not polled
 */
export async function keepCheckpoints<DB>(
  trx: Transaction<DB>,
  instance: PolledInstance,
  objectTypes: readonly string[],
  now: Date,
): Promise<void> {
  const db = inCheckpoints(trx)
  let others = db.deleteFrom('poller_checkpoints').where('instance_id', '=', instance.id)
  if (objectTypes.length > 0) others = others.where('object_type', 'not in', objectTypes)
  await others.execute()
  if (objectTypes.length === 0) return
  await db
    .insertInto('poller_checkpoints')
    .values(
      objectTypes.map((object_type) => ({
        organization_id: instance.organizationId,
        account_id: instance.accountId,
        instance_id: instance.id,
        object_type,
        switched_on: now,
        read_from: new Date(now.getTime() - LOOK_BACK_MS),
        created_at: now,
        updated_at: now,
      })),
    )
    .onConflict((conflict) => conflict.columns(['instance_id', 'object_type']).doNothing())
    .execute()
}

/** Of instances that are gone. */
export async function removeCheckpoints<DB>(trx: Transaction<DB>, instanceIds: readonly number[]): Promise<void> {
  if (instanceIds.length === 0) return
  await inCheckpoints(trx).deleteFrom('poller_checkpoints').where('instance_id', 'in', instanceIds).execute()
}
