import { sql } from 'kysely'
import type { Store } from '../store/database.ts'
import { TARGET_COLUMNS, type WaitingEvent, type WaitingTarget, withEvents } from './waiting-events.ts'

/** Rows of an element's lane: two indexes are over these words, for those that were never looked at and for those that wait. */
const ofLane = (lane: string) => sql`target.lane = ${lane} and target.pending and target.instance_id is null`

/**
 * Events of an element's lane whose instances can be looked for now, in the order of receipt; nothing is locked. What is to wait longer is not
 * even read: anybody may send a hundred thousand webhooks that are for nobody. For the same reason those that come again leave room for
 * those that are new, and the other way round.
 */
export async function unboundEvents(
  { db }: Pick<Store, 'db'>,
  lane: string,
  limit: number,
  now: Date,
): Promise<WaitingEvent[]> {
  const { rows: fresh } = await sql<WaitingTarget>`
    select ${TARGET_COLUMNS} from event_targets target
    where ${ofLane(lane)} and target.retry_at is null
    order by target.seq limit ${limit}`.execute(db)
  const { rows: again } = await sql<WaitingTarget>`
    select ${TARGET_COLUMNS} from event_targets target
    where ${ofLane(lane)} and target.retry_at <= ${now}
    order by target.retry_at, target.seq limit ${Math.max(Math.ceil(limit / 2), limit - fresh.length)}`.execute(db)
  const targets = [...again, ...fresh.slice(0, limit - again.length)]
  return withEvents(
    { db },
    targets.toSorted((one, other) => one.seq - other.seq),
  )
}

/** When the first of those that wait is to be looked at again; undefined when none waits. */
export async function nextUnboundAt({ db }: Pick<Store, 'db'>, lane: string): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(target.retry_at) as at from event_targets target where ${ofLane(lane)}`.execute(db)
  return rows[0]?.at ?? undefined
}
