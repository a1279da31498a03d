import { type RawBuilder, sql } from 'kysely'
import type { Operation } from '../accounts/authorize.ts'
import { findInstance } from '../instances/find.ts'
import type { Caller } from '../model/account.ts'
import type { Slots } from '../model/slots.ts'
import type { EventContext } from './event-context.ts'

/** What readers of stored events work with; `main.ts` puts it together once. */
export interface EventStoreContext extends Pick<EventContext, 'store' | 'jobs' | 'now' | 'authorize' | 'instances'> {
  /** questions go over many rows: in turn, so that nobody takes all connections */
  slots: Pick<Slots, 'run'>
}

/** Whose events: those of an account, or of one of its instances. */
export interface EventScope {
  organizationId: number
  accountId: number
  instanceId?: number
}

/**
 * @param instanceId of the path or the Element token; without one all instances of the caller's account count, deleted ones too
 * @throws ValenceError INSTANCE_NOT_FOUND (404), FORBIDDEN (403)
 */
export async function eventScopeOf(
  { instances, authorize }: Pick<EventStoreContext, 'instances' | 'authorize'>,
  caller: Caller,
  operation: Extract<Operation, `events.${string}`>,
  instanceId: number | undefined,
): Promise<EventScope> {
  const { organizationId, accountId } = caller
  authorize(caller, operation, caller)
  if (instanceId === undefined) return { organizationId, accountId }
  await findInstance(instances, caller, operation, instanceId)
  return { organizationId, accountId, instanceId }
}

/** Rows of `event_targets target` that are in it. */
export function inEventScope({ accountId, instanceId }: EventScope): RawBuilder<boolean> {
  return instanceId === undefined
    ? sql`target.account_id = ${accountId}`
    : sql`target.account_id = ${accountId} and target.instance_id = ${instanceId}`
}

/** Reads of an organization wait for each other rather than for everybody. */
export function inTurnOf<T>(
  { slots }: Pick<EventStoreContext, 'slots'>,
  { organizationId }: { organizationId: number },
  read: () => Promise<T>,
): Promise<T> {
  return slots.run(read, [`organization ${organizationId}`])
}
