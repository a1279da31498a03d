import { sql } from 'kysely'
import { ValenceError } from '../errors.ts'
import { accountGroup } from '../jobs/account-group.ts'
import type { EventBody } from './event-body.ts'
import { timeOfEventId } from './event-id.ts'
import { type EventScope, type EventStoreContext, inEventScope } from './event-scope.ts'
import { PROCESS_QUEUE } from './lanes.ts'
import { eventNotFound, findEvent } from './list-events.ts'

/**
 * Processes an event again for the instances for which it could not be (status `RECEIVED`): its hook failed, or processing never came to an end.
 * Not for those that were deleted: what nobody gets is dropped, and its history with it.
 * An event that was told of is not told of again: `PUT /notifications/subscriptions/deliveries` sends what a receiver did not take. No document
 * of the platform knows this route; it is ours.
 *
 * @throws ValenceError EVENT_NOT_FOUND (404), EVENT_NOT_FAILED (409)
 */
export async function retryEvent(context: EventStoreContext, scope: EventScope, id: string): Promise<EventBody> {
  const receivedAt = timeOfEventId(id)
  if (!receivedAt) throw eventNotFound()
  const event = await findEvent(context, scope, id)
  const lanes = await context.store.changes.transaction(async (trx, publish) => {
    const { rows } = await sql<{ lane: string }>`
      update event_targets target set pending = true, attempts = 0, retry_at = null, status = 'NEW', updated_at = ${context.now()}
      where target.received_at = ${receivedAt} and target.event_id = ${id} and ${inEventScope(scope)}
        and target.status = 'RECEIVED' and not target.pending
        and exists (select from instances where instances.id = target.instance_id and instances.deleted_at is null)
      returning target.lane`.execute(trx)
    const group = accountGroup(scope.accountId)
    await context.jobs.wake(
      trx,
      publish,
      PROCESS_QUEUE,
      rows.map(({ lane }) => ({ key: lane, group })),
    )
    return rows
  })
  if (lanes.length > 0) return findEvent(context, scope, id)
  throw new ValenceError('EVENT_NOT_FAILED', whyNot(event))
}

function whyNot({ id, status, eventElementInstances }: EventBody): string {
  const isFailed = eventElementInstances.some((one) => one.status === 'RECEIVED')
  return isFailed
    ? `The instances for which event ${id} could not be processed were deleted`
    : `The status of event ${id} is ${status}: only what could not be processed (RECEIVED) is processed again`
}
