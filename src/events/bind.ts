import { sql, type Transaction } from 'kysely'
import { ValenceError } from '../errors.ts'
import type { Instance } from '../instances/instance.ts'
import { accountGroup } from '../jobs/account-group.ts'
import type { JobOutcome } from '../jobs/jobs.ts'
import { dropUnbound, stillMayCome } from './drop-events.ts'
import { type EventTables, inEvents } from './event-table.ts'
import { type FoundInstance as Found, findInstances, isSealedForEver } from './find-instances.ts'
import { elementsOfKey, type Finder, type FoundElement, findersOf, valuesAt } from './finders.ts'
import { laneOf, PROCESS_QUEUE } from './lanes.ts'
import type { ProcessContext } from './process-context.ts'
import { eventsVariable, readBody } from './read-body.ts'
import { nextUnboundAt, unboundEvents } from './unbound-events.ts'
import { forgetUnverified } from './unverified.ts'
import { BATCH_SIZE, bodyOf, isOneOf, keysOf, type WaitingEvent, waitUntil } from './waiting-events.ts'
import { wakeLane } from './wake-lane.ts'
import { asksForSignature, type Taker, withoutListeners } from './without-listeners.ts'

/** `isUndecided`: it has to look itself whether the event is from the vendor */
type FoundInstance = Found & { isUndecided?: true }

const TURN_MS = 1_000
/** An event that nobody was found for is looked at again at about these ages, and then forgotten. */
const AGAIN_AFTER_MS = [5_000, 30_000, 150_000, 600_000]

/**
 * Finds the instances of webhooks that named none (spec 40 §4.2): each gets a row of its own in its own lane, and the row of the element's lane is
 * gone. What is found for nobody waits a while, because the instance may still be being made, and keeps nothing else waiting.
 */
export async function bindLane(context: ProcessContext, elementKey: string, signal: AbortSignal): Promise<JobOutcome> {
  const lane = laneOf({ elementKey })
  const ends = performance.now() + TURN_MS
  while (!signal.aborted && performance.now() < ends) {
    const waiting = await unboundEvents(context.store, lane, BATCH_SIZE, context.now())
    if (waiting.length > 0) await bindEvents(context, elementKey, waiting)
    if (waiting.length < BATCH_SIZE) {
      const next = await nextUnboundAt(context.store, lane)
      if (next) await wakeLane(context, lane, next)
      return 'done'
    }
  }
  return 'more'
}

async function bindEvents(context: ProcessContext, elementKey: string, waiting: readonly WaitingEvent[]) {
  const lane = laneOf({ elementKey })
  const elements = await elementsOfKey(context, elementKey)
  const finders = elements.length === 0 ? [] : await findersOf(context, elements)
  if (finders.length === 0) {
    await dropUnbound(context, lane, waiting, `no instance of ${elementKey} says how it is found`)
    return
  }
  const found = await findAll(context, elements, finders, waiting)
  const bound = waiting.filter(({ id }) => (found.get(id)?.length ?? 0) > 0)
  if (bound.length > 0) await storeBound(context, lane, bound, found)
  const now = context.now()
  const unbound = waiting.filter((event) => !bound.includes(event))
  await dropUnbound(
    context,
    lane,
    unbound.filter((event) => !stillMayCome(event, now)),
    `no instance of ${elementKey} was found`,
  )
  const early = unbound.filter((event) => stillMayCome(event, now))
  await waitUntil(context.store, lane, early, (event) => nextLook(event, now))
}

function nextLook({ received_at }: WaitingEvent, now: Date): Date {
  const age = now.getTime() - received_at.getTime()
  return new Date(received_at.getTime() + (AGAIN_AFTER_MS.find((after) => after > age) ?? 0))
}

/** @returns instances of each event, by its id: those that may get it, each once */
async function findAll(
  context: ProcessContext,
  elements: readonly FoundElement[],
  finders: readonly Finder[],
  waiting: readonly WaitingEvent[],
): Promise<ReadonlyMap<string, FoundInstance[]>> {
  // one body after the other: of all of them only the values that are looked for stay in memory
  const values: string[][][] = []
  for (const event of waiting) {
    const view = await viewOf(context, event)
    values.push(finders.map(({ path }) => valuesAt(view, path)))
  }
  const found = new Map<string, FoundInstance[]>()
  for (const [which, finder] of finders.entries()) {
    const wanted = values.map((ofEvent) => ofEvent[which] ?? [])
    const instances = await findInstances(context, elements, finder, [...new Set(wanted.flat())])
    for (const [at, event] of waiting.entries()) {
      const own = instances.filter(({ value }) => wanted[at]?.includes(value))
      found.set(event.id, [...(found.get(event.id) ?? []), ...own])
    }
  }
  for (const event of waiting) found.set(event.id, await allowed(context, event, found.get(event.id) ?? []))
  return found
}

/** A body with the headers, as an event hook sees it. */
async function viewOf(context: ProcessContext, event: WaitingEvent): Promise<unknown> {
  const body = await wholeBody(context, event)
  const read = readBody({ query: event.query, contentType: event.content_type ?? undefined, body })
  const headers = JSON.parse(event.headers) as Record<string, string>
  return eventsVariable(read, { id: event.id, headers }, false)
}

async function wholeBody({ store }: ProcessContext, event: WaitingEvent): Promise<Buffer> {
  return event.body ?? (await bodyOf(store, event)) ?? Buffer.alloc(0)
}

/**
 * Each once, and only those whose demands of webhooks it meets (spec 40 §4.5). One of which that cannot be told now, because the vendor's keys
 * cannot be read, gets it in its own lane and looks once more there (`decide.ts`), so that it keeps nobody else waiting and nothing is forgotten.
 * Whoever gets it only if that one does not, waits as long as for one that is being made.
 */
async function allowed(
  context: ProcessContext,
  event: WaitingEvent,
  found: readonly FoundInstance[],
): Promise<FoundInstance[]> {
  const each = [...new Map(found.map((one) => [one.id, one])).values()]
  if (event.unverified === null || each.length === 0) return each
  // a large one is read from the database once, however many are found
  const whole = { ...event, body: await wholeBody(context, event) }
  const takers: (Taker & FoundInstance)[] = []
  for (const one of each) {
    const looked = await lookedAt(context, one, whole, event.unverified)
    if (typeof looked === 'object') takers.push(looked)
    else if (looked !== UNREADABLE)
      context.log.warn({ event: event.id, instance: one.id, why: looked }, 'a webhook was refused')
  }
  const taken = withoutListeners(takers)
  const isOpen = takers.some(({ isUndecided }) => isUndecided) && taken.length < takers.length
  return isOpen && stillMayCome(event, context.now()) ? [] : taken
}

const UNREADABLE = Symbol('unreadable')

/**
 * @returns why the instance does not get the event; UNREADABLE, with a line in the log, when the proof of the event or the credentials of the
 * instance cannot be opened: everybody else's events come behind this one
 */
async function lookedAt(
  context: ProcessContext,
  found: FoundInstance,
  event: WaitingEvent,
  unverified: string,
): Promise<(Taker & FoundInstance) | string | typeof UNREADABLE> {
  try {
    const known = await context.known.find(found.id)
    if (!known) return 'it is gone'
    const why = await verified(context, known.instance, event, unverified)
    if (typeof why === 'string') return why
    return {
      ...found,
      isSigned: asksForSignature(known.instance),
      ...(why === LATER ? { isUndecided: true } : {}),
    }
  } catch (error) {
    if (!isSealedForEver(error)) throw error
    context.log.error(
      { err: error, event: event.id, instance: found.id },
      'whether an event is for an instance cannot be told: it does not get it',
    )
    return UNREADABLE
  }
}

const LATER = Symbol('later')

async function verified(
  context: ProcessContext,
  instance: Instance,
  event: WaitingEvent,
  unverified: string,
): Promise<string | undefined | typeof LATER> {
  try {
    return await context.verifyLate(instance, event, unverified)
  } catch (error) {
    if (error instanceof ValenceError && error.code === 'UNAVAILABLE') return LATER
    throw error
  }
}

async function storeBound(
  context: ProcessContext,
  lane: string,
  bound: readonly WaitingEvent[],
  found: ReadonlyMap<string, readonly FoundInstance[]>,
): Promise<void> {
  await context.store.changes.transaction(async (plainTrx, publish) => {
    const trx = inEvents(plainTrx)
    const { rows } = await sql<{ id: string }>`
      delete from event_targets target using ${keysOf(bound)} where ${isOneOf(lane, bound)} and target.pending
      returning target.event_id as id`.execute(trx)
    const left = new Set(rows.map(({ id }) => id))
    const targets = bound
      .filter(({ id }) => left.has(id))
      .flatMap((event) => (found.get(event.id) ?? []).map((instance) => ({ event, instance })))
    await insertTargets(trx, targets)
    await forgetUnverified(
      trx,
      bound.filter(
        ({ id, unverified }) => unverified !== null && !found.get(id)?.some(({ isUndecided }) => isUndecided),
      ),
    )
    const wakes = new Map(
      targets.map(({ instance }) => [laneOf({ instanceId: instance.id }), accountGroup(instance.accountId)]),
    )
    await context.jobs.wake(
      trx,
      publish,
      PROCESS_QUEUE,
      [...wakes].map(([key, group]) => ({ key, group })),
    )
  })
}

/** Columns as lists: fifty events for hundreds of instances each are more values than a statement takes one by one. */
async function insertTargets(
  trx: Transaction<EventTables>,
  targets: readonly { event: WaitingEvent; instance: FoundInstance }[],
): Promise<void> {
  if (targets.length === 0) return
  await sql`
    insert into event_targets (event_id, received_at, lane, instance_id, organization_id, account_id, user_id)
    select event_id, received_at, lane, instance_id, organization_id, account_id, user_id
    from unnest(
      ${targets.map(({ event }) => event.id)}::text[],
      ${targets.map(({ event }) => event.received_at)}::timestamptz[],
      ${targets.map(({ instance }) => laneOf({ instanceId: instance.id }))}::text[],
      ${targets.map(({ instance }) => instance.id)}::int[],
      ${targets.map(({ instance }) => instance.organizationId)}::int[],
      ${targets.map(({ instance }) => instance.accountId)}::int[],
      ${targets.map(({ instance }) => instance.userId)}::int[]
    ) with ordinality as target (event_id, received_at, lane, instance_id, organization_id, account_id, user_id, place)
    order by place
    on conflict do nothing`.execute(trx)
}
