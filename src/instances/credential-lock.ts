import type { Transaction } from 'kysely'
import type { Publish } from '../store/changes.ts'
import type { InstanceContext } from './context.ts'
import { INSTANCE_TOPIC, notFound } from './find.ts'
import type { Instance } from './instance.ts'
import {
  type CredentialTable,
  credentialDb,
  type InstanceTables,
  openCredentials,
  sealCredentials,
} from './instance-table.ts'

/**
 * The row lock under which an instance's credentials change, in any process: whoever waited reads what the one before
 * stored. Held while a vendor answers, so it uses the small pool, and never more callers than that pool has
 * connections enter it: the others wait here instead of timing out on the pool.
 */
export interface LockedCredentials {
  trx: Transaction<InstanceTables>
  publish: Publish
  version: number
  secrets: Record<string, string | null>
  row: Pick<CredentialTable, 'refresh_state' | 'refresh_failed_at' | 'refresh_message'>
  /** Stores secret values (the whole set) and counts the version up. @returns the new version */
  save(secrets: Record<string, string | null>, refresh?: RefreshOutcome): Promise<number>
  /** Stores an outcome without touching the credentials. */
  note(refresh: RefreshOutcome): Promise<void>
}

export type RefreshOutcome = Partial<
  Pick<CredentialTable, 'refresh_state' | 'refreshed_at' | 'refresh_failed_at' | 'refresh_message'>
>

/** @throws ValenceError INSTANCE_NOT_FOUND when it was deleted meanwhile */
export function withCredentials<T>(
  context: InstanceContext,
  { id: instanceId, accountId, plan }: Pick<Instance, 'id' | 'accountId' | 'plan'>,
  work: (locked: LockedCredentials) => Promise<T>,
): Promise<T> {
  return context.credentialSlots.run(
    () =>
      context.store.changes.transactionOn(credentialDb(context.store), async (trx, publish) => {
        const row = await trx
          .selectFrom('instance_credentials')
          .innerJoin('instances', 'instances.id', 'instance_id')
          .select(['ciphertext', 'version', 'refresh_state', 'refresh_failed_at', 'refresh_message'])
          .where('instance_id', '=', instanceId)
          .where('deleted_at', 'is', null)
          .forUpdate('instance_credentials')
          .executeTakeFirst()
        if (!row) throw notFound(instanceId)
        return work({
          trx,
          publish,
          version: row.version,
          secrets: openCredentials(context.store, instanceId, row.ciphertext),
          row,
          save: (secrets, refresh) =>
            saveSecrets(context, trx, publish, { instanceId, version: row.version, secrets }, refresh),
          async note(refresh) {
            // an UPDATE that sets nothing is no SQL
            if (Object.keys(refresh).length > 0) {
              await trx.updateTable('instance_credentials').set(refresh).where('instance_id', '=', instanceId).execute()
            }
            publish({ topic: INSTANCE_TOPIC, key: String(instanceId) })
          },
        })
      }),
    slotKeys(accountId, plan.element.id),
  )
}

/** By id: a private element may have the key of another account's or a shipped one, whose slots it must not take. */
export function slotKeys(accountId: number, elementId: number): string[] {
  return [`account ${accountId}`, `element ${elementId}`]
}

async function saveSecrets(
  context: InstanceContext,
  trx: Transaction<InstanceTables>,
  publish: Publish,
  { instanceId, version, secrets }: { instanceId: number; version: number; secrets: Record<string, string | null> },
  refresh: RefreshOutcome = {},
): Promise<number> {
  await trx
    .updateTable('instance_credentials')
    .set({ ...refresh, ciphertext: sealCredentials(context.store, instanceId, secrets), version: version + 1 })
    .where('instance_id', '=', instanceId)
    .execute()
  publish({ topic: INSTANCE_TOPIC, key: String(instanceId) })
  return version + 1
}
