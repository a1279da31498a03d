import { parseRetryAfter } from '../../engine/retry.ts'
import { ValenceError } from '../../errors.ts'
import { storeEvents } from '../store-events.ts'
import { backOffMs } from './back-off.ts'
import { type Checkpoint, inCheckpoints } from './checkpoint-table.ts'
import { lensOf, type PollWindow } from './decide.ts'
import { LOOK_BACK_MS } from './keep-checkpoints.ts'
import { decodeSeen, encodeSeen, forgetBefore, MAX_REMEMBERED } from './memory.ts'
import { type PollCall, pollCall } from './poll-call.ts'
import type { PollContext } from './poll-context.ts'
import { type Polled, pollPages } from './poll-pages.ts'
import { pollPayload } from './poll-payload.ts'
import type { PolledResource } from './polled-resource.ts'
import { type Batch, createBatch, readWindow, type Window } from './read-window.ts'

/** One resource of one instance that is polled now. */
export interface PolledNow extends Polled {
  resource: PolledResource
  checkpoint: Checkpoint
  intervalMs: number
}

/** What changes of a checkpoint. */
type Progress = Partial<Omit<Checkpoint, 'id' | 'seen' | 'version' | 'updated_at'>>

/** Another run of the same resource was faster, or it is not polled any more: what this one found is the other's to find. */
class Superseded extends Error {}

/**
 * Polls one resource (spec 40 §7.5): what changed is stored as events together with how far it was read, in one transaction, so that
 * nothing is skipped and nothing comes twice, whenever a process dies. What was found before a failure is told, and where the poll began
 * stays.
 *
 * @returns sentences for the customer about what went wrong
 * @throws Error of the database; an AbortError when `signal` says so
 */
export async function pollResource(context: PollContext, polled: PolledNow, signal: AbortSignal): Promise<string[]> {
  try {
    return await pollOnce(context, polled, signal)
  } catch (error) {
    if (error instanceof Superseded) return []
    throw error
  }
}

async function pollOnce(context: PollContext, polled: PolledNow, signal: AbortSignal): Promise<string[]> {
  const { instance, resource } = polled
  const runStart = context.now()
  const window = windowOf(polled, runStart)
  const call = pollCall(resource, { since: window.since, now: runStart.getTime() }, ownValues(polled))
  const poll = openPoll(context, polled, { runStart, window })
  if (typeof call === 'string') return poll.note(call)
  window.isFiltered = call.isFiltered
  try {
    return await readAndStore(context, polled, { poll, call, window, signal })
  } catch (error) {
    if (error instanceof Superseded) throw error
    if (signal.aborted) await poll.keep()
    if (signal.aborted || !(error instanceof ValenceError)) throw error
    context.log.warn({ instance: instance.id, resource: resource.name, reason: error.message }, 'a poll failed')
    return poll.fail(error)
  }
}

interface Polling {
  poll: Poll
  call: PollCall
  window: PollWindow
  signal: AbortSignal
}

async function readAndStore(
  context: PollContext,
  polled: PolledNow,
  { poll, call, window, signal }: Polling,
): Promise<string[]> {
  const { resource } = polled
  const lookBack = resource.pollDelayMs + LOOK_BACK_MS
  const nextFrom = Math.max(window.runStart - lookBack, window.since)
  const reading: Window = {
    lens: poll.lens,
    window,
    nextFrom,
    isNewestFirst: call.isNewestFirst,
    seen: poll.seen,
    pages: () => pollPages(context, polled, call, signal),
    store: () => poll.keep(),
  }
  const { isComplete, undated, isOverfull } = await readWindow(reading, poll.batch)
  const messages = [...call.problems]
  if (!isComplete)
    messages.push(`${resource.name}: records moved while they were read; the next poll reads them once more`)
  if (isOverfull)
    messages.push(`${resource.name}: more than ${MAX_REMEMBERED} records have no date; those beyond are not told`)
  await poll.succeed({
    nextFrom: isComplete ? nextFrom : window.since,
    messages,
    isThere: (key) => !isComplete || undated.has(key),
  })
  return messages
}

function windowOf({ resource, checkpoint, intervalMs }: PolledNow, runStart: Date): PollWindow {
  const isDated = (resource.filterByUpdatedDate ? resource.updated : resource.created) !== undefined
  // a vendor that alone knows what changed is not asked for what was before polling
  const isFirst = checkpoint.last_poll_date === null
  const begins = (isFirst && !isDated ? checkpoint.switched_on : checkpoint.read_from).getTime()
  // a clock that was ahead and was set right: until it is there again nothing would be told. Some may be told twice
  const isAhead = begins > runStart.getTime()
  return {
    since: isAhead ? runStart.getTime() - intervalMs - resource.pollDelayMs - LOOK_BACK_MS : begins,
    switchedOn: checkpoint.switched_on.getTime(),
    runStart: runStart.getTime(),
    isFirst,
    isFiltered: false,
  }
}

function ownValues({ instance }: PolledNow) {
  return { element: instance.plan.element, configuration: instance.state.configuration }
}

type Poll = ReturnType<typeof openPoll>

/** What a poll writes. Each time the version of the checkpoint grows: whoever finds another one than he left is late. */
function openPoll(
  context: PollContext,
  { instance, resource, checkpoint, intervalMs }: PolledNow,
  { runStart, window }: { runStart: Date; window: PollWindow },
) {
  const lens = lensOf(resource)
  const batch: Batch = createBatch()
  let seen = decodeSeen(checkpoint.seen)
  let version = checkpoint.version

  async function write(progress: Progress, remembered: ReadonlyMap<string, number>): Promise<void> {
    const found = batch.found()
    await context.store.changes.transaction(async (trx, publish) => {
      const written = await inCheckpoints(trx)
        .updateTable('poller_checkpoints')
        .set({ ...progress, seen: encodeSeen(remembered), version: version + 1, updated_at: context.now() })
        .where('id', '=', checkpoint.id)
        .where('version', '=', version)
        .executeTakeFirst()
      if (written.numUpdatedRows === 0n) throw new Superseded(`${resource.name} of instance ${instance.id}`)
      const times = { pollDate: runStart, since: new Date(window.since) }
      if (found.length > 0) await storeEvents(context, trx, publish, [pollPayload(instance, lens, found, times)])
    })
    version++
  }
  const withBatch = () => new Map([...seen, ...batch.keys])

  return {
    lens,
    batch,
    get seen() {
      return seen
    },
    /** what was found so far; the window stays */
    keep: () => write({}, withBatch()),
    async succeed({ nextFrom, messages, isThere }: Succeeded): Promise<void> {
      const memory = forgetBefore({ seen: withBatch(), from: window.since }, nextFrom, isThere)
      if (memory.from > nextFrom) {
        context.log.warn(
          { instance: instance.id, resource: resource.name },
          'too many changes to remember: the next poll begins later',
        )
      }
      const done = { read_from: new Date(memory.from), last_poll_date: runStart, failures: 0, next_allowed_at: null }
      await write({ ...done, message: messages.join('\n') || null }, memory.seen)
      seen = memory.seen
    },
    async fail(error: ValenceError): Promise<string[]> {
      const failures = checkpoint.failures + 1
      const now = context.now()
      const asked = parseRetryAfter(error.headers['retry-after'], now)
      const next = new Date(now.getTime() + backOffMs(failures, intervalMs, asked))
      const message = `${resource.name}: ${error.message}`
      await write({ failures, next_allowed_at: next, message }, withBatch())
      return [message]
    },
    /** nothing was asked: the settings do not allow it */
    async note(message: string): Promise<string[]> {
      await write({ message }, seen)
      return [message]
    },
  }
}

interface Succeeded {
  nextFrom: number
  messages: readonly string[]
  isThere(key: string): boolean
}
