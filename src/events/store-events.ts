import { sql, type Transaction } from 'kysely'
import { accountGroup } from '../jobs/account-group.ts'
import type { Publish, Wake } from '../jobs/jobs.ts'
import type { Owner } from '../model/owner.ts'
import type { Cipher } from '../store/cipher.ts'
import type { EventContext } from './event-context.ts'
import { eventIdAt } from './event-id.ts'
import { type EventTable, type EventTables, inEvents } from './event-table.ts'
import { laneOf, PROCESS_QUEUE } from './lanes.ts'
import { sealUnverified, type Unverified } from './unverified.ts'

/** One request of a vendor, or what one poll of one resource found. */
export interface ReceivedEvent {
  /** of the path; of polls without `Polling` */
  elementKey: string
  kind: EventTable['kind']
  method: string
  /** without `?` */
  query: string
  contentType: string | undefined
  /** lower-case names; without `authorization` and `cookie` */
  headers: Readonly<Record<string, string>>
  body: Buffer
  /** each gets the event; none when they are to be found */
  instanceIds: readonly number[]
  /** of an instance that is known; the others are filled in when the event is processed */
  ownerOf?(instanceId: number): Owner | undefined
  /** when it has to be verified for the instances that are found, or for one that is still being made */
  unverified?: Unverified
  /** what the vendor calls this delivery: a second one of that name is not stored; at most `MAX_KEY` characters */
  dedupeKey?: string
}

type StoringContext = Pick<EventContext, 'jobs' | 'now'> & { store: { cipher: Pick<Cipher, 'seal'> } }

/** An index holds it. */
export const MAX_KEY = 500

interface Target {
  event: number
  lane: string
  instanceId: number | undefined
  owner: Owner | undefined
}

/**
 * Writes down what arrived and wakes those who process it, in one statement a table however many there are. The order of the list is
 * the order of receipt (`seq`).
 *
 * @param trx what it commits is accepted
 * @returns the id of each event, or undefined for one that had been stored before for everybody whom it is for: nothing was written
 * @throws Error of the database, also for values that it does not take: the whole transaction is lost then
 */
export async function storeEvents<DB>(
  context: StoringContext,
  trx: Transaction<DB>,
  publish: Publish,
  events: readonly ReceivedEvent[],
): Promise<(string | undefined)[]> {
  const receivedAt = context.now()
  const ids = events.map(() => eventIdAt(receivedAt))
  const targets = await withoutRepeated(inEvents(trx), { receivedAt, ids, events }, events.flatMap(targetsOf))
  if (targets.length === 0) return events.map(() => undefined)
  const isStored = new Set(targets.map(({ event }) => event))
  await insertEvents(context, inEvents(trx), { receivedAt, ids, events, kept: [...isStored] })
  await insertTargets(inEvents(trx), { receivedAt, ids, targets })
  await context.jobs.wake(trx, publish, PROCESS_QUEUE, wakesOf(targets))
  return ids.map((id, at) => (isStored.has(at) ? id : undefined))
}

function targetsOf({ elementKey, instanceIds, ownerOf }: ReceivedEvent, event: number): Target[] {
  if (instanceIds.length === 0)
    return [{ event, lane: laneOf({ elementKey }), instanceId: undefined, owner: undefined }]
  return [...new Set(instanceIds)].map((instanceId) => ({
    event,
    lane: laneOf({ instanceId }),
    instanceId,
    owner: ownerOf?.(instanceId),
  }))
}

interface Batch {
  receivedAt: Date
  ids: readonly string[]
  events: readonly ReceivedEvent[]
}

/** Rows of keys are locked in one order, so that two processes that receive the same deliveries do not wait for each other. */
async function withoutRepeated(
  trx: Transaction<EventTables>,
  { receivedAt, ids, events }: Batch,
  targets: Target[],
): Promise<Target[]> {
  const keyed = targets.filter(({ event }) => events[event]?.dedupeKey !== undefined)
  if (keyed.length === 0) return targets
  const { rows } = await sql<{ lane: string; event_id: string }>`
    insert into event_keys (lane, key, event_id, received_at)
    select lane, key, event_id, ${receivedAt}
    from unnest(
      ${keyed.map(({ lane }) => lane)}::text[],
      ${keyed.map(({ event }) => events[event]?.dedupeKey)}::text[],
      ${keyed.map(({ event }) => ids[event])}::text[]
    ) with ordinality as target (lane, key, event_id, place)
    order by lane, key, place
    on conflict do nothing
    returning lane, event_id`.execute(trx)
  const first = new Set(rows.map(({ lane, event_id }) => `${event_id} ${lane}`))
  return targets.filter(
    ({ event, lane }) => events[event]?.dedupeKey === undefined || first.has(`${ids[event]} ${lane}`),
  )
}

/** All bodies are one value: as bytes, which an array of them would not be. They are cut out once the rows are in order, not carried through the sort. */
async function insertEvents(
  { store }: StoringContext,
  trx: Transaction<EventTables>,
  { receivedAt, ids, events, kept }: Batch & { kept: readonly number[] },
): Promise<void> {
  const rows = kept.map((at) => events[at]!)
  const keptIds = kept.map((at) => ids[at]!)
  const of = <T>(read: (event: ReceivedEvent, id: string) => T) => rows.map((event, at) => read(event, keptIds[at]!))
  const sizes = of(({ body }) => body.length)
  const starts = startsOf(sizes)
  await sql`
    insert into events (id, received_at, element_key, kind, method, query, content_type, headers, unverified, body)
    select id, ${receivedAt}, element_key, kind, method, query, content_type, headers, unverified,
      substring(${Buffer.concat(of(({ body }) => body))}::bytea from start for size)
    from (select * from unnest(
      ${keptIds}::text[],
      ${of(({ elementKey }) => elementKey)}::text[],
      ${of(({ kind }) => kind)}::text[],
      ${of(({ method }) => method)}::text[],
      ${of(({ query }) => query)}::text[],
      ${of(({ contentType }) => contentType)}::text[],
      ${of(({ headers }) => JSON.stringify(headers))}::text[],
      ${of(({ unverified }, id) => unverified && sealUnverified(store.cipher, id, unverified))}::text[],
      ${starts}::int[],
      ${sizes}::int[]
    ) with ordinality as event (id, element_key, kind, method, query, content_type, headers, unverified, start, size, place)
    order by place) as event`.execute(trx)
}

/** Counted from 1, as PostgreSQL does. */
function startsOf(sizes: readonly number[]): number[] {
  let next = 1
  return sizes.map((size) => {
    const start = next
    next += size
    return start
  })
}

async function insertTargets(
  trx: Transaction<EventTables>,
  { receivedAt, ids, targets }: Pick<Batch, 'receivedAt' | 'ids'> & { targets: readonly Target[] },
): Promise<void> {
  await sql`
    insert into event_targets (event_id, received_at, lane, instance_id, organization_id, account_id, user_id)
    select event_id, ${receivedAt}, lane, instance_id, organization_id, account_id, user_id
    from unnest(
      ${targets.map(({ event }) => ids[event])}::text[],
      ${targets.map(({ lane }) => lane)}::text[],
      ${targets.map(({ instanceId }) => instanceId)}::int[],
      ${targets.map(({ owner }) => owner?.organizationId)}::int[],
      ${targets.map(({ owner }) => owner?.accountId)}::int[],
      ${targets.map(({ owner }) => owner?.userId)}::int[]
    ) with ordinality as target (event_id, lane, instance_id, organization_id, account_id, user_id, place)
    order by place`.execute(trx)
}

function wakesOf(targets: readonly Target[]): Wake[] {
  const groups = new Map(targets.map(({ lane, owner }) => [lane, owner && accountGroup(owner.accountId)]))
  return [...groups].map(([key, group]) => (group === undefined ? { key } : { key, group }))
}
