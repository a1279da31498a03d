import { sql, type Transaction } from 'kysely'
import { DEPTH_HEADER, readDepth } from '../notifications/delivery-headers.ts'
import { type Notice, type Notified, notify } from '../notifications/notify.ts'
import type { Publish } from '../store/changes.ts'
import type { Decision } from './decide.ts'
import { disposition, withMessage } from './disposition.ts'
import type { EventInstance } from './event-instances.ts'
import { eventTopic } from './event-message.ts'
import { type EventStatus, type EventTables, inEvents } from './event-table.ts'
import { laneOf } from './lanes.ts'
import type { ProcessContext } from './process-context.ts'
import { isOneOf, isWithin, keysOf, type WaitingEvent } from './waiting-events.ts'

/** An event of which it is known what becomes of it. */
export interface Decided {
  event: WaitingEvent
  decision: Exclude<Decision, { what: 'later' | 'refused' }>
}

/**
 * Writes down what becomes of events of one instance and stores what its receivers are to hear, in one transaction: the event leaves the lane
 * with the notification that tells of it. An event that left before, because another process took over meanwhile, is told of no second time.
 *
 * @param decided in the order of the lane, which is the order of the notifications
 */
export async function settle(
  context: ProcessContext,
  { instance }: EventInstance,
  decided: readonly Decided[],
): Promise<void> {
  if (decided.length === 0) return
  const lane = laneOf({ instanceId: instance.id })
  await context.store.changes.transaction(async (plainTrx, publish) => {
    const trx = inEvents(plainTrx)
    const waiting = await lockWaiting(trx, lane, decided)
    const due = decided.filter(({ event }) => waiting.has(event.id))
    const notified = await tell(context, trx, publish, instance, due)
    await update(context, trx, { lane, instance, due, notified })
    await forgetProofs(trx, due)
  })
}

type Instance = EventInstance['instance']

async function lockWaiting(
  trx: Transaction<EventTables>,
  lane: string,
  decided: readonly Decided[],
): Promise<ReadonlySet<string>> {
  const events = decided.map(({ event }) => event)
  const { rows } = await sql<{ id: string }>`
    select target.event_id as id from event_targets target, ${keysOf(events)}
    where ${isOneOf(lane, events)} and target.pending
    order by target.seq for no key update of target`.execute(trx)
  return new Set(rows.map(({ id }) => id))
}

/** @returns what was stored for each event that has something to tell, by its id */
async function tell(
  context: ProcessContext,
  trx: Transaction<EventTables>,
  publish: Publish,
  instance: Instance,
  due: readonly Decided[],
): Promise<ReadonlyMap<string, Notified>> {
  const told = due.flatMap(({ event, decision }) =>
    decision.what === 'tell' ? [{ event, message: decision.message }] : [],
  )
  if (told.length === 0) return new Map()
  const { organizationId, accountId, userId } = instance
  const common = {
    owner: { organizationId, accountId, userId },
    topic: eventTopic(instance),
    severity: 'medium' as const,
    from: context.notifications.sender,
    action: 'create' as const,
  }
  const notices = told.map(({ event, message }): Notice => {
    const reference = { eventId: event.id, receivedAt: event.received_at, instanceId: instance.id }
    return { ...common, message, event: reference, depth: depthOf(event) }
  })
  const notified = await notify(context.notifications, trx, publish, notices)
  const events = told.map(({ event, message }, at) => {
    const { body } = notified[at] as Notified
    return { eventId: event.id, receivedAt: event.received_at, instance, message, body }
  })
  await context.onEvents(trx, publish, events)
  return new Map(told.map(({ event }, at) => [event.id, notified[at] as Notified]))
}

/** How many hubs it went through: what would go round for ever is stopped where it is delivered. */
function depthOf({ headers }: WaitingEvent): number {
  return readDepth((JSON.parse(headers) as Record<string, unknown>)[DEPTH_HEADER])
}

interface Update {
  lane: string
  instance: Instance
  due: readonly Decided[]
  notified: ReadonlyMap<string, Notified>
}

async function update(
  { now }: ProcessContext,
  trx: Transaction<EventTables>,
  { lane, instance, due, notified }: Update,
): Promise<void> {
  if (due.length === 0) return
  const at = now()
  await sql`
    update event_targets target set pending = false, retry_at = null, updated_at = ${at},
      organization_id = ${instance.organizationId}, account_id = ${instance.accountId}, user_id = ${instance.userId},
      status = outcome.status, notification_id = outcome.notification_id,
      messages = ${withMessage(sql`outcome.message`)}
    from unnest(
      ${due.map(({ event }) => event.received_at)}::timestamptz[],
      ${due.map(({ event }) => event.id)}::text[],
      ${due.map(({ event, decision }) => statusOf(decision, notified.get(event.id)))}::text[],
      ${due.map(({ event }) => notified.get(event.id)?.id ?? null)}::bigint[],
      ${due.map(({ decision }) => messageOf(decision, at))}::text[]
    ) as outcome (received_at, id, status, notification_id, message)
    where target.received_at = outcome.received_at and target.event_id = outcome.id and target.lane = ${lane}
      and ${isWithin(
        'target',
        due.map(({ event }) => event),
      )}`.execute(trx)
}

/**
 * What was kept to verify an event that came before its instance holds secrets: it goes with the last one that waited for it. Where it could not
 * be processed it stays: it may never have been looked at, and is looked at again when somebody asks for the event once more (`retry-event.ts`).
 */
async function forgetProofs(trx: Transaction<EventTables>, due: readonly Decided[]): Promise<void> {
  const events = due.map(({ event }) => event).filter(({ unverified }) => unverified !== null)
  if (events.length === 0) return
  await sql`
    update events event set unverified = null from ${keysOf(events)}
    where event.received_at = key.received_at and event.id = key.id and ${isWithin('event', events)} and not exists (
      select from event_targets target
      where target.received_at = key.received_at and target.event_id = key.id
        and (target.pending or target.status = 'RECEIVED') and ${isWithin('target', events)}
    )`.execute(trx)
}

/** Spec 40 §10: `DISPATCHED` until a receiver took it, which `on-settled.ts` notes. */
function statusOf({ what }: Decision, notified: Notified | undefined): EventStatus {
  if (what === 'failed') return 'RECEIVED'
  return notified && notified.deliveries > 0 ? 'DISPATCHED' : 'CONSUMED'
}

function messageOf(decision: Decision, at: Date): string | null {
  return 'why' in decision && decision.why !== undefined ? disposition(decision.why, at) : null
}
