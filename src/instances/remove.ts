import { sql } from 'kysely'
import { recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { isoSeconds } from '../model/iso-seconds.ts'
import type { InstanceContext } from './context.ts'
import { slotKeys } from './credential-lock.ts'
import { findInstance, storedRows, toInstance } from './find.ts'
import { forgetClients } from './forget-clients.ts'
import type { Instance } from './instance.ts'
import { instanceChange } from './instance-record.ts'
import { credentialDb, instanceDb, type Revocation } from './instance-table.ts'
import { runDeletion } from './lifecycle.ts'
import { markDeleted } from './mark-deleted.ts'
import { platformClient } from './oauth-client.ts'
import { revokeTokens } from './revoke.ts'

/**
 * Deletes an instance: its token is invalid at once, then its `onDeleteWebhook` and `onDelete` resources run, then the
 * vendor's tokens are revoked and the outcome is recorded;
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
    const gone = await markDeleted(context, trx, publish, { id }, context.now())
    if (gone.length > 0) await recordChange(trx, caller, instanceChange('delete', instance, undefined))
  })
  // the instance is gone either way; what is left over is done by the sweep
  await finishRevocation(context, { id, accountId: instance.accountId, elementId: instance.plan.element.id }).catch(
    (error) => context.log.error({ err: error, instance: id }, 'the tokens of a deleted instance are not revoked yet'),
  )
}

/**
 * Revokes what nobody did at the deletion: because of a crash, a lost database, or because an account was closed with all its instances. For a
 * timer: runs do not overlap, one failure does not keep the others, several processes may do it at once.
 */
export function createRevocationSweep(context: InstanceContext): () => Promise<void> {
  let isRunning = false
  return async () => {
    if (isRunning) return
    isRunning = true
    try {
      for (let batch = await leftOver(context, 0); batch.length > 0; batch = await leftOver(context, lastOf(batch))) {
        for (const deleted of batch) {
          await finishRevocation(context, deleted).catch((error) =>
            context.log.error(
              { err: error, instance: deleted.id },
              'the tokens of a deleted instance are not revoked yet',
            ),
          )
        }
      }
      await forgetClients(context)
    } catch (error) {
      context.log.error(
        { err: error },
        'what closed accounts and organizations left behind could not be looked through',
      )
    } finally {
      isRunning = false
    }
  }
}

const BATCH = 100

interface Deleted {
  id: number
  accountId: number
  elementId: number
}

function lastOf(batch: readonly Deleted[]): number {
  return batch.at(-1)?.id ?? 0
}

async function leftOver(context: InstanceContext, after: number): Promise<Deleted[]> {
  const rows = await instanceDb(context.store)
    .selectFrom('instances')
    .innerJoin('instance_credentials', 'instance_id', 'instances.id')
    .select(['instances.id', 'account_id', 'element_id'])
    .where('instances.id', '>', after)
    .where('deleted_at', '<', sql<Date>`now() - interval '1 minute'`)
    .orderBy('instances.id')
    .limit(BATCH)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    accountId: row.account_id,
    elementId: row.element_id,
  }))
}

/**
 * Credentials leave the database only together with the recorded outcome. They are read under the lock: a refresh that
 * was under way may just have replaced them.
 */
function finishRevocation(context: InstanceContext, { id, accountId, elementId }: Deleted): Promise<void> {
  return context.credentialSlots.run(
    () =>
      credentialDb(context.store)
        .transaction()
        .execute(async (trx) => {
          const locked = await trx
            .selectFrom('instance_credentials')
            .select('instance_id')
            .where('instance_id', '=', id)
            .forUpdate()
            .skipLocked()
            .executeTakeFirst()
          if (!locked) return
          const row = await storedRows(context).where('instances.id', '=', id).executeTakeFirst()
          const outcome = await revocationOf(context, row && (await toInstance(context, row)))
          await trx.deleteFrom('instance_credentials').where('instance_id', '=', id).execute()
          await trx
            .updateTable('instances')
            .set({ revocation: JSON.stringify(outcome) })
            .where('id', '=', id)
            .execute()
          if (outcome.state === 'failed') {
            const facts = { instance: id, element: elementId, reason: outcome.message }
            context.log.warn(facts, 'the vendor did not revoke the tokens of a deleted instance')
          }
        }),
    slotKeys(accountId, elementId),
  )
}

async function revocationOf(context: InstanceContext, instance: Instance | undefined): Promise<Revocation> {
  const date = isoSeconds(context.now())
  if (!instance) return { state: 'failed', date, message: 'its element is no longer there' }
  const { plan, state, organizationId } = instance
  const held = await platformClient(context, organizationId, plan.element, instance).catch(clientOutOfReach)
  await runDeletion(context, plan, state)
  if (held instanceof ValenceError) return { state: 'failed', date, message: held.message }
  return revokeTokens(context, plan, state, held)
}

/** The proxy is gone, or the element may no longer use the application; anything else, such as a lost database, is tried again. */
function clientOutOfReach(error: unknown): ValenceError {
  if (error instanceof ValenceError && ['NOT_FOUND', 'OAUTH_UNSUPPORTED'].includes(error.code)) return error
  throw error
}
