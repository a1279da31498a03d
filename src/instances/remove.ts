import { sql } from 'kysely'
import type { Caller } from '../model/account.ts'
import type { InstanceContext } from './context.ts'
import { findInstance, INSTANCE_TOPIC, storedRows, toInstance } from './find.ts'
import type { Instance } from './instance.ts'
import { credentialDb, type InstanceTables, type Revocation } from './instance-table.ts'
import { platformClient } from './oauth-client.ts'
import { revokeTokens } from './revoke.ts'

/**
 * Deletes an instance: its token is invalid at once, then the vendor's tokens are revoked and the outcome is recorded;
 * a vendor's error does not bring the instance back (spec 10 §4.3).
 */
export async function removeInstance(
  context: InstanceContext,
  caller: Caller,
  id: number,
  elementKeyOrId?: string,
): Promise<void> {
  const instance = await findInstance(context, caller, 'instances.delete', id, elementKeyOrId)
  await context.store.changes.transaction(async (trx, publish) => {
    await trx
      .withTables<InstanceTables>()
      .updateTable('instances')
      .set({
        deleted_at: context.now(),
        revocation: JSON.stringify({ state: 'pending', date: context.now().toISOString() }),
      })
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .execute()
    publish({ topic: INSTANCE_TOPIC, key: String(id) })
  })
  await finishRevocation(context, instance)
}

/** What a crash between deletion and revocation left over. Called once at start; safe in several processes. */
export async function finishRevocations(context: InstanceContext): Promise<number> {
  const rows = await storedRows(context)
    .where('deleted_at', 'is not', null)
    .where('deleted_at', '<', sql<Date>`now() - interval '1 minute'`)
    .execute()
  let finished = 0
  for (const row of rows) {
    const instance = toInstance(context, row)
    if (!instance) continue
    await finishRevocation(context, instance)
    finished++
  }
  return finished
}

/** Credentials leave the database only together with the recorded outcome. */
function finishRevocation(context: InstanceContext, instance: Instance): Promise<void> {
  return context.credentialSlots.run(
    () =>
      credentialDb(context.store)
        .transaction()
        .execute(async (trx) => {
          const row = await trx
            .selectFrom('instance_credentials')
            .select('instance_id')
            .where('instance_id', '=', instance.id)
            .forUpdate()
            .skipLocked()
            .executeTakeFirst()
          if (!row) return
          const held = await heldClient(context, instance)
          const outcome: Revocation = await revokeTokens(context, instance.plan, instance.state.configuration, held)
          await trx.deleteFrom('instance_credentials').where('instance_id', '=', instance.id).execute()
          await trx
            .updateTable('instances')
            .set({ revocation: JSON.stringify(outcome) })
            .where('id', '=', instance.id)
            .execute()
          if (outcome.state === 'failed') {
            context.log.warn(
              { instance: instance.id, element: instance.plan.element.key, reason: outcome.message },
              'the vendor did not revoke the tokens of a deleted instance',
            )
          }
        }),
    instance.plan.element.key,
  )
}

/** An OAuth proxy may have been deleted before its instances. */
async function heldClient(context: InstanceContext, instance: Instance) {
  try {
    return await platformClient(context, instance.organizationId, instance.plan.element, instance)
  } catch (error) {
    context.log.warn(
      { instance: instance.id, reason: (error as Error).message },
      'the OAuth application of a deleted instance is gone',
    )
    return undefined
  }
}
