import type { Transaction } from 'kysely'
import type { Caller } from '../model/account.ts'
import { differences } from './differences.ts'
import type { EntityType } from './entity-type.ts'
import { fitRecord } from './fit-record.ts'
import { insertRecords } from './insert-records.ts'
import { requestColumns } from './request-columns.ts'
import type { KnownSecrets } from './secret-members.ts'

/** Who made the change. Without `via` nobody asked over HTTP: a job, a formula, the command line. */
export type Actor = Pick<Caller, 'userId' | 'accountId' | 'organizationId' | 'via'>

export interface Change {
  entity: EntityType
  /** absent where there is only one */
  id?: number | string
  /** a verb, the one of the operation: `create`, `update`, `delete`, `clone`, `share` … */
  action: string
  /** the thing as it was, whole, secrets in clear: what is stored are the members that differ, secrets masked */
  before?: unknown
  /** the same as it is now */
  after?: unknown
  /** of a change that has to do with one */
  instanceId?: number
  /**
   * the account whose thing it is, when it is not the actor's: those who see its records see the change. The record stays in the actor's
   * organization, also when he deletes another one
   */
  accountId?: number
  /** beyond what names tell */
  secrets?: KnownSecrets
}

/** Every success is a 200 (spec 00 §4); should the call fail after its change is committed, `trail.ts` adds how it ended. */
const COMMITTED = 200

/**
 * Writes down who changed what, in the transaction that makes the change: a change that is committed has its record, and one
 * that is rolled back has none. Start reading the room here; `differences.ts` decides what is stored, `read-records.ts` who
 * reads it, `trail.ts` writes down calls that changed nothing.
 */
export async function recordChange<DB>(trx: Transaction<DB>, actor: Actor, change: Change): Promise<void> {
  await recordChanges(trx, actor, [change])
}

/** The same for what goes together, one record each. */
export async function recordChanges<DB>(trx: Transaction<DB>, actor: Actor, changes: readonly Change[]): Promise<void> {
  const at = new Date()
  await insertRecords(
    trx,
    changes.map((change) => toRecord(actor, change, at)),
  )
  if (actor.via) actor.via.changes += changes.length
}

function toRecord(actor: Actor, change: Change, at: Date) {
  const { entity, id, action, instanceId } = change
  const { before, after } = differences(change.before, change.after, change.secrets)
  return {
    at,
    organization_id: actor.organizationId,
    account_id: change.accountId ?? actor.accountId,
    user_id: actor.userId,
    instance_id: instanceId ?? null,
    entity_type: entity,
    entity_id: id === undefined ? null : String(id),
    action,
    ...requestColumns(actor.via, COMMITTED),
    before: fitRecord(before),
    after: fitRecord(after),
  }
}
