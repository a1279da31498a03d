import { ValenceError } from '../errors.ts'
import type { Configuration } from '../model/instance.ts'
import { storableText } from '../model/storable-text.ts'
import type { EventInstance } from './event-instances.ts'
import { type EventMessage, eventMessage } from './event-message.ts'
import { hydrate, wantsObjects } from './hydrate.ts'
import { lensOf, recordReader } from './poll/decide.ts'
import { readPollers } from './poll/poller-configuration.ts'
import type { RecordReader } from './polled-payload.ts'
import type { ProcessContext } from './process-context.ts'
import { readEvents } from './read-events.ts'
import { eventHookOf, runEventHook } from './run-event-hook.ts'
import { bodyOf, type WaitingEvent } from './waiting-events.ts'

/** What becomes of an event for one instance. */
export type Decision =
  /** its receivers hear of it */
  | { what: 'tell'; message: EventMessage; why?: string }
  /** there is nothing to tell, or nobody to be told */
  | { what: 'nothing'; why?: string }
  /** it cannot be read, and could not be another time: it stays, with a message for people, until somebody asks for it again */
  | { what: 'failed'; why: string }
  /** it is not from the vendor, as the instance asks it to prove: as if it had never come */
  | { what: 'refused'; why: string }
  /** nobody looked at it: there was no runner free for its script */
  | { what: 'later'; why: string }

/** No longer than what a person reads. */
const MAX_MESSAGE = 2_000

/** Reads one event for its instance. What its script does wrong is in the answer; it throws only when the database does not answer. */
export async function decide(
  context: ProcessContext,
  { instance }: EventInstance,
  event: WaitingEvent,
): Promise<Decision> {
  const body = event.body ?? (await bodyOf(context.store, event))
  if (!body) return { what: 'nothing', why: 'What was received is no longer kept' }
  const { element } = instance.plan
  const hook = eventHookOf(element)
  try {
    const refused =
      event.unverified === null ? undefined : await context.verifyLate(instance, { ...event, body }, event.unverified)
    if (refused !== undefined) return { what: 'refused', why: refused }
    const told = await readEvents({
      arrived: {
        id: event.id,
        kind: event.kind,
        query: event.query,
        contentType: event.content_type ?? undefined,
        headers: JSON.parse(event.headers) as Record<string, string>,
        body,
      },
      defaults: { now: event.received_at, elementKey: element.key, hubKey: element.hub },
      hook,
      runHook: (events) =>
        hook ? runEventHook(context.instances, hook, instance, events) : Promise.resolve(undefined),
      readerOf: (objectType) => recordReaderOf(instance.state.configuration, objectType),
    })
    if (told.events.length === 0) return { what: 'nothing' }
    if (event.kind === 'polling' || !wantsObjects(instance))
      return { what: 'tell', message: eventMessage(event.id, instance, told) }
    const { problems, ...whole } = await hydrate(context.notifications.callPlatform, instance, told)
    const message = eventMessage(event.id, instance, whole)
    return { what: 'tell', message, ...(problems.length > 0 ? { why: textOf(problems.join('; ')) } : {}) }
  } catch (error) {
    return failed(context, event, error)
  }
}

/** How the instance polls a resource; undefined when it does not. */
function recordReaderOf(configuration: Configuration, objectType: string): RecordReader | undefined {
  const resource = readPollers(configuration).resources.find(({ name }) => name === objectType)
  return resource && recordReader(lensOf(resource))
}

function failed({ log }: ProcessContext, { id }: WaitingEvent, error: unknown): Decision {
  if (error instanceof ValenceError) {
    const why = textOf(error.message)
    return { what: error.code === 'SCRIPT_BUSY' || error.code === 'UNAVAILABLE' ? 'later' : 'failed', why }
  }
  // a mistake of ours must not keep the events behind this one waiting
  log.error({ err: error, event: id }, 'an event could not be read')
  return { what: 'failed', why: 'The event could not be read; the log of the hub says why' }
}

function textOf(message: string): string {
  return storableText(message).slice(0, MAX_MESSAGE)
}
