import { sql } from 'kysely'
import type { EventContext } from './event-context.ts'
import { isOneOf, isWithin, keysOf, type WaitingEvent } from './waiting-events.ts'

/** How long an event waits for an instance that is still being made. */
export const BINDING_WINDOW_MS = 600_000

export function stillMayCome({ received_at }: Pick<WaitingEvent, 'received_at'>, now: Date): boolean {
  return received_at.getTime() + BINDING_WINDOW_MS > now.getTime()
}

/** Some of the ids of one line of the log. */
const SHOWN_IDS = 10

/**
 * These events are for nobody, or not from whom they should be: they are forgotten, with one line in the log (spec 40 §4.2, rule 6). The vendor was
 * answered long ago.
 */
export async function dropUnbound(
  { store, log }: Pick<EventContext, 'store' | 'log'>,
  lane: string,
  events: readonly WaitingEvent[],
  why: string,
): Promise<void> {
  if (events.length === 0) return
  await store.db.transaction().execute(async (trx) => {
    const { rows: dropped } = await sql<{ id: string }>`
      delete from event_targets target using ${keysOf(events)} where ${isOneOf(lane, events)} and target.pending
      returning target.event_id as id`.execute(trx)
    // what was dropped may come again under its name, and its instance may be there by then
    await sql`
      delete from event_keys name
      where name.event_id = any(${dropped.map(({ id }) => id)}::text[]) and (name.lane = ${lane} or not exists (
        select from event_targets target
        where target.received_at = name.received_at and target.event_id = name.event_id and ${isWithin('target', events)}
      ))`.execute(trx)
    await sql`
      delete from events event using ${keysOf(events)}
      where event.received_at = key.received_at and event.id = key.id and ${isWithin('event', events)} and not exists (
        select from event_targets target
        where target.received_at = key.received_at and target.event_id = key.id and ${isWithin('target', events)}
      )`.execute(trx)
  })
  const ids = events.slice(0, SHOWN_IDS).map(({ id }) => id)
  log.warn({ lane, why, count: events.length, events: ids }, 'events were dropped')
}
