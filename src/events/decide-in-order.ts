import { setTimeout as wait } from 'node:timers/promises'
import { type Decision, decide } from './decide.ts'
import { dropUnbound } from './drop-events.ts'
import type { EventInstance } from './event-instances.ts'
import { laneOf } from './lanes.ts'
import type { ProcessContext } from './process-context.ts'
import { type Decided, settle } from './settle.ts'
import type { WaitingEvent } from './waiting-events.ts'

/** What is decided waits no longer for an event whose script takes its time. */
const PATIENCE_MS = 50
/** Bodies of one transaction, about: values take several times the memory of their text. */
const LARGE_BYTES = 4 * 1024 * 1024

export interface Progress {
  /** how many were decided and settled */
  begun: number
  /** the one that has to wait, which is the next */
  later: { event: WaitingEvent; why: string } | undefined
}

/**
 * Reads events of one instance one after the other and settles them, several in a transaction; none is open while a script runs.
 *
 * @param isOver asked before each event but the first: others wait for their turn
 * @throws ValenceError UNAVAILABLE of the database: what was settled before it is
 */
export async function decideInOrder(
  context: ProcessContext,
  known: EventInstance,
  batch: readonly WaitingEvent[],
  isOver: () => boolean,
): Promise<Progress> {
  const lane = laneOf({ instanceId: known.instance.id })
  let ready: Decided[] = []
  let readyBytes = 0
  const settleReady = async () => {
    await settle(context, known, ready)
    ready = []
    readyBytes = 0
  }
  let begun = 0
  let later: Progress['later']
  for (const event of batch) {
    if (begun > 0 && isOver()) break
    const deciding = decide(context, known, event)
    if (ready.length > 0 && !(await isOverSoon(deciding))) await settleReady()
    const decision = await deciding
    if (decision.what === 'later') {
      later = { event, why: decision.why }
      break
    }
    if (decision.what === 'refused') await dropUnbound(context, lane, [event], decision.why)
    else ready.push({ event, decision })
    begun++
    readyBytes += event.body?.length ?? LARGE_BYTES
    if (readyBytes >= LARGE_BYTES) await settleReady()
  }
  await settleReady()
  return { begun, later }
}

async function isOverSoon(deciding: Promise<Decision>): Promise<boolean> {
  const patience = new AbortController()
  const over = deciding.then(
    () => true,
    () => true,
  )
  const result = await Promise.race([over, wait(PATIENCE_MS, false, { signal: patience.signal }).catch(() => false)])
  patience.abort()
  return result
}
