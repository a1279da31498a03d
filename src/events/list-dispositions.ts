import { sql } from 'kysely'
import Type, { type Static } from 'typebox'
import { readDispositions } from './disposition.ts'
import { type EventScope, type EventStoreContext, inEventScope, inTurnOf } from './event-scope.ts'
import { type EventQuery, inRange } from './list-events.ts'

/** What is to be said of an event for one instance (spec 40 §10.1). */
export const DispositionBody = Type.Object(
  {
    eventId: Type.String(),
    elementInstanceId: Type.Integer(),
    notificationData: Type.Array(
      Type.Object({
        message: Type.String({ description: 'E.g. why a delivery failed' }),
        timestamp: Type.String({ format: 'date-time' }),
      }),
      { description: 'Oldest first' },
    ),
  },
  { title: 'EventDisposition' },
)
export type DispositionBody = Static<typeof DispositionBody>

/** The last of a page: an event of one moment may be for several instances. */
export interface DispositionPlace {
  /** ms since 1970 */
  at: number
  id: string
  instanceId: number
}

export interface DispositionPage {
  dispositions: DispositionBody[]
  next: DispositionPlace | undefined
}

interface Row {
  event_id: string
  instance_id: number
  received_at: Date
  messages: string
}

/** The newest events first; those of which there is nothing to say among them. */
export async function listDispositions(
  context: Pick<EventStoreContext, 'store' | 'slots'>,
  scope: EventScope,
  { from, to, pageSize, after }: Omit<EventQuery, 'after'> & { after: DispositionPlace | undefined },
): Promise<DispositionPage> {
  const isAfter = after
    ? sql`(target.received_at, target.event_id, target.instance_id) < (${new Date(after.at)}, ${after.id}, ${after.instanceId})`
    : sql`true`
  const { rows } = await inTurnOf(context, scope, () =>
    sql<Row>`
      select target.event_id, target.instance_id, target.received_at, target.messages from event_targets target
      where ${inEventScope(scope)} and target.instance_id is not null and ${inRange({ from, to })} and ${isAfter}
      order by target.received_at desc, target.event_id desc, target.instance_id desc limit ${pageSize + 1}`.execute(
      context.store.db,
    ),
  )
  const shown = rows.slice(0, pageSize)
  const last = shown.at(-1)
  const hasMore = rows.length > pageSize && last !== undefined
  return {
    dispositions: shown.map(({ event_id, instance_id, messages }) => ({
      eventId: event_id,
      elementInstanceId: instance_id,
      notificationData: readDispositions(messages),
    })),
    next: hasMore ? { at: last.received_at.getTime(), id: last.event_id, instanceId: last.instance_id } : undefined,
  }
}
