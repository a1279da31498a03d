import { ValenceError } from '../errors.ts'
import type { JobOutcome } from '../jobs/jobs.ts'
import { raiseAlarm } from '../notifications/alarms.ts'
import { awaitInstance } from './await-instance.ts'
import { decideInOrder } from './decide-in-order.ts'
import { type EventInstance, whySkipped } from './event-instances.ts'
import { laneOf } from './lanes.ts'
import type { ProcessContext } from './process-context.ts'
import { eventHookOf } from './run-event-hook.ts'
import { settle } from './settle.ts'
import {
  BATCH_SIZE,
  countAttempts,
  MAX_ATTEMPTS,
  type WaitingEvent,
  waitingEvents,
  waitUntil,
} from './waiting-events.ts'
import { wakeLane } from './wake-lane.ts'

/** After that others get their turn; what is left comes again. */
const TURN_MS = 1_000
/** What waits for a runner of scripts is tried again after about its age, but within these. */
const RETRY_MS = { fewest: 1_000, most: 30_000 }

/**
 * Works at the events of one instance, in their order: up to {@link BATCH_SIZE} in a transaction, which is never open while a script runs. What
 * cannot be done now holds back what came after it.
 */
export async function processLane(
  context: ProcessContext,
  instanceId: number,
  signal: AbortSignal,
): Promise<JobOutcome> {
  const ends = performance.now() + TURN_MS
  const isOver = () => signal.aborted || performance.now() > ends
  while (!isOver()) {
    if (!(await processBatch(context, instanceId, isOver))) return 'done'
  }
  return 'more'
}

/** @returns whether there is more that need not wait */
async function processBatch(context: ProcessContext, instanceId: number, isOver: () => boolean): Promise<boolean> {
  const lane = laneOf({ instanceId })
  const waiting = await waitingEvents(context.store, lane, BATCH_SIZE)
  const [first] = waiting
  if (!first) return false
  const now = context.now()
  if (first.retry_at && first.retry_at > now) {
    await wakeLane(context, lane, first.retry_at)
    return false
  }
  const known = await context.known.find(instanceId)
  if (!known) return awaitInstance(context, instanceId, waiting)
  const batch = togetherWith(first, waiting, now)
  const done = await processEvents(context, known, batch, isOver)
  if (done === 'waits') return false
  return done < waiting.length || waiting.length === BATCH_SIZE
}

/**
 * What was begun before and did not come to an end is processed by itself, so that only what ends the process is put aside
 * and not what happened to stand beside it.
 */
function togetherWith(first: WaitingEvent, waiting: readonly WaitingEvent[], now: Date): readonly WaitingEvent[] {
  if (first.attempts > 0) return [first]
  const end = waiting.findIndex(({ attempts, retry_at }) => attempts > 0 || (retry_at !== null && retry_at > now))
  return end < 0 ? waiting : waiting.slice(0, end)
}

/** @returns how many of the batch are done, or that one of them has to wait */
async function processEvents(
  context: ProcessContext,
  known: EventInstance,
  batch: readonly WaitingEvent[],
  isOver: () => boolean,
): Promise<number | 'waits'> {
  const skipped = whySkipped(known)
  if (skipped !== undefined) {
    await settle(
      context,
      known,
      batch.map((event) => ({ event, decision: { what: 'nothing', why: skipped } })),
    )
    return batch.length
  }
  const [first] = batch
  if (first && first.attempts >= MAX_ATTEMPTS) {
    context.log.warn(
      { event: first.id, instance: known.instance.id },
      'an event was put aside: processing it never ended',
    )
    // before it leaves the lane: a process that dies in between tells twice rather than never
    await tellOfParked(context, known, first.id)
    await settle(context, known, [{ event: first, decision: { what: 'failed', why: PUT_ASIDE } }])
    return 1
  }
  const lane = laneOf({ instanceId: known.instance.id })
  const counted = batch.filter((event) => isRisky(event, known))
  await countAttempts(context.store, lane, counted)
  const { begun, later } = await decideInOrder(context, known, batch, isOver).catch(async (error: unknown) => {
    if (isTemporary(error)) await countAttempts(context.store, lane, counted, -1).catch(() => undefined)
    throw error
  })
  await countAttempts(
    context.store,
    lane,
    counted.filter((event) => batch.indexOf(event) >= begun),
    -1,
  )
  if (later) await postpone(context, known, later)
  return later ? 'waits' : begun
}

/** The database went away, had no connection left, or gave up one of two that waited for each other: no event is to blame. */
function isTemporary(error: unknown): boolean {
  return error instanceof ValenceError && error.code === 'UNAVAILABLE'
}

/** Somebody should look at the event hook: it takes the process along every time. */
async function tellOfParked(context: ProcessContext, { instance }: EventInstance, eventId: string): Promise<void> {
  const { organizationId, accountId, userId } = instance
  await context.store.changes.transaction((trx, publish) =>
    raiseAlarm(context.notifications, trx, publish, {
      owner: { organizationId, accountId, userId },
      topic: 'alarms-event-parked',
      message: { eventId, instanceId: instance.id, reason: PUT_ASIDE },
    }),
  )
}

const PUT_ASIDE = `Processing began ${MAX_ATTEMPTS} times and never came to an end; ask for it again with POST /instances/events/{eventId}/retry`

/** Reading a small text by ourselves ends no process; scripts and large bodies may. */
function isRisky(event: WaitingEvent, { instance }: EventInstance): boolean {
  return event.body === null || event.attempts > 0 || eventHookOf(instance.plan.element) !== undefined
}

async function postpone(
  context: ProcessContext,
  { instance }: EventInstance,
  { event, why }: { event: WaitingEvent; why: string },
): Promise<void> {
  const lane = laneOf({ instanceId: instance.id })
  const at = retryTime(context, event)
  context.log.info({ event: event.id, instance: instance.id, why, at }, 'an event waits: it could not be read now')
  await waitUntil(context.store, lane, [event], () => at)
  await wakeLane(context, lane, at, instance.accountId)
}

function retryTime({ now }: ProcessContext, { received_at }: WaitingEvent): Date {
  const age = now().getTime() - received_at.getTime()
  return new Date(now().getTime() + Math.min(Math.max(age, RETRY_MS.fewest), RETRY_MS.most))
}
