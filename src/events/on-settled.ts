import { sql } from 'kysely'
import type { OnSettled, Settled } from '../notifications/context.ts'
import { disposition, withMessage } from './disposition.ts'
import type { EventContext } from './event-context.ts'
import { inEvents } from './event-table.ts'
import { laneOf } from './lanes.ts'
import { isWithin } from './waiting-events.ts'

/**
 * What came of a delivery, at the event that it tells of (spec 40 §10): a receiver that took it makes it `NOTIFIED`, for good; one that did not
 * leaves a line in its dispositions (§10.1).
 */
export function noteDeliveries({ now }: Pick<EventContext, 'now'>): OnSettled {
  return async (trx, _publish, settled) => {
    const ofEvents = settled.flatMap((one) => (one.event ? [{ ...one, event: one.event }] : []))
    if (ofEvents.length === 0) return
    const at = now()
    // two outcomes of one event are two statements' work: a row takes one line at a time
    for (const some of apart(ofEvents)) {
      await sql`
        update event_targets target set updated_at = ${at},
          status = case when outcome.body is not null then 'NOTIFIED' else target.status end,
          notified_data = coalesce(outcome.body, target.notified_data),
          notified_at = case when outcome.body is not null then ${at} else target.notified_at end,
          messages = ${withMessage(sql`outcome.message`)}
        from unnest(
          ${some.map(({ event }) => event.receivedAt)}::timestamptz[],
          ${some.map(({ event }) => event.eventId)}::text[],
          ${some.map(({ event }) => laneOf({ instanceId: event.instanceId }))}::text[],
          ${some.map((one) => (one.outcome === 'delivered' ? one.body : null))}::text[],
          ${some.map((one) => lineOf(one, at))}::text[]
        ) as outcome (received_at, id, lane, body, message)
        where target.received_at = outcome.received_at and target.event_id = outcome.id and target.lane = outcome.lane
          and ${isWithin(
            'target',
            some.map(({ event }) => ({ received_at: event.receivedAt })),
          )}`.execute(inEvents(trx))
    }
  }
}

type OfEvent = Settled & { event: NonNullable<Settled['event']> }

/** In lists of which each names an event's row at most once. */
function apart(settled: readonly OfEvent[]): OfEvent[][] {
  const lists: OfEvent[][] = []
  const counts = new Map<string, number>()
  for (const one of settled) {
    const key = `${one.event.eventId} ${one.event.instanceId}`
    const count = counts.get(key) ?? 0
    counts.set(key, count + 1)
    const list = lists[count] ?? []
    lists[count] = list
    list.push(one)
  }
  return lists
}

/** Tests and people search for these words (spec 40 §10.1). */
function lineOf(settled: OfEvent, at: Date): string | null {
  if (settled.outcome === 'delivered') return null
  const { outcome, event, message } = settled
  const words = outcome === 'failed' ? 'Error delivering event' : 'Holding back event'
  return disposition(`${words} ${event.eventId}: ${message}`, at)
}
