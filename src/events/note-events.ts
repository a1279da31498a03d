import { sql, type Transaction } from 'kysely'
import { disposition, withMessage } from './disposition.ts'
import { timeOfEventId } from './event-id.ts'
import { inEvents } from './event-table.ts'
import { isWithin } from './waiting-events.ts'

/** What there is to say of an event for one instance, by whoever did something with it. */
export interface EventNote {
  eventId: string
  elementInstanceId: number
  accountId: number
  message: string
}

/**
 * Adds lines to the dispositions of events, in their order. An event that is not there, no longer or in that account, is left out: whose id it is
 * may be somebody's own invention.
 */
export async function noteEvents<DB>(
  { now }: { now(): Date },
  anyTrx: Transaction<DB>,
  notes: readonly EventNote[],
): Promise<void> {
  const at = now()
  const lines = new Map<string, { note: EventNote; receivedAt: Date; lines: string[] }>()
  for (const note of notes) {
    const receivedAt = timeOfEventId(note.eventId)
    if (!receivedAt) continue
    const key = `${note.eventId} ${note.elementInstanceId} ${note.accountId}`
    const known = lines.get(key) ?? { note, receivedAt, lines: [] }
    known.lines.push(disposition(note.message, at))
    lines.set(key, known)
  }
  if (lines.size === 0) return
  const all = [...lines.values()]
  const moments = all.map(({ receivedAt }) => ({ received_at: receivedAt }))
  // rows are locked in the order in which processing locks them; what processing did not fill in yet has no account
  await sql`
    with named as materialized (
      select * from unnest(
        ${all.map(({ receivedAt }) => receivedAt)}::timestamptz[],
        ${all.map(({ note }) => note.eventId)}::text[],
        ${all.map(({ note }) => note.elementInstanceId)}::int[],
        ${all.map(({ note }) => note.accountId)}::int[],
        ${all.map((one) => one.lines.join(','))}::text[]
      ) as named (received_at, event_id, instance_id, account_id, line)
    ), held as materialized (
      select target.received_at, target.event_id, target.lane, named.line
      from event_targets target join named on target.received_at = named.received_at
        and target.event_id = named.event_id and target.instance_id = named.instance_id
        and coalesce(target.account_id, named.account_id) = named.account_id
      where ${isWithin('target', moments)}
      order by target.seq for no key update of target
    )
    update event_targets target set messages = ${withMessage(sql`held.line`)}
    from held where target.received_at = held.received_at and target.event_id = held.event_id
      and target.lane = held.lane and ${isWithin('target', moments)}`.execute(inEvents(anyTrx))
}
