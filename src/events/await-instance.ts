import { BINDING_WINDOW_MS, dropUnbound, stillMayCome } from './drop-events.ts'
import { laneOf } from './lanes.ts'
import type { ProcessContext } from './process-context.ts'
import { BATCH_SIZE, type WaitingEvent } from './waiting-events.ts'
import { wakeLane } from './wake-lane.ts'

const SOONEST_MS = 1_000

/**
 * Events whose instance is not there: it may still be being made (spec 40 §4.2). What waited too long is dropped.
 *
 * @returns whether there is more that need not wait
 */
export async function awaitInstance(
  context: ProcessContext,
  instanceId: number,
  waiting: readonly WaitingEvent[],
): Promise<boolean> {
  const lane = laneOf({ instanceId })
  const willCome = !(await context.known.wasDeleted(instanceId))
  const [first] = waiting.filter((event) => willCome && stillMayCome(event, context.now()))
  const gone = first ? waiting.slice(0, waiting.indexOf(first)) : waiting
  await dropUnbound(
    context,
    lane,
    gone,
    willCome ? `there is no instance ${instanceId}` : `instance ${instanceId} was deleted`,
  )
  if (!first) return waiting.length === BATCH_SIZE
  await wakeLane(context, lane, nextLook(context, first))
  return false
}

/** After its age again: ids may be made up, and each that was looked for every half minute would cost as much as many events. */
function nextLook({ now }: ProcessContext, { received_at }: WaitingEvent): Date {
  const age = now().getTime() - received_at.getTime()
  return new Date(now().getTime() + Math.min(Math.max(age, SOONEST_MS), BINDING_WINDOW_MS - age))
}
