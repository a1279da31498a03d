import type { Instance } from '../../instances/instance.ts'
import { derivePolledEvents } from '../polled-payload.ts'
import { eventHookOf } from '../run-event-hook.ts'
import type { ReceivedEvent } from '../store-events.ts'
import { type Decision, type Lens, recordReader } from './decide.ts'

/** `events` is a name that the payload needs for itself. */
const TAKEN_NAME = 'events'

/**
 * What a poll found, exactly as if it had been posted to `/events/{key}Polling/{id}` (spec 40 §7.8). Where the element has an event hook,
 * that one says what happened, and the payload does not.
 *
 * @param since where the poll began: a record of which only the creation is known is new when it was created later
 */
export function pollPayload(
  instance: Instance,
  lens: Lens,
  found: readonly Decision[],
  { pollDate, since }: { pollDate: Date; since: Date },
): ReceivedEvent {
  const { id, organizationId, accountId, userId, plan } = instance
  const { element } = plan
  const objectType = lens.resource.name
  const records = found.map(({ record }) => record)
  const defaults = { now: pollDate, pollDate, elementKey: element.key, hubKey: element.hub }
  const events = derivePolledEvents(
    { objectType, records, given: undefined, action: undefined, rest: {} },
    defaults,
    recordReader(lens),
    since,
  )
  const payload =
    objectType === TAKEN_NAME
      ? { events: events.map((event, at) => ({ ...Object(records[at]), ...event })) }
      : { [objectType]: records, ...(eventHookOf(element) ? {} : { events }) }
  return {
    elementKey: element.key,
    kind: 'polling',
    method: 'POST',
    query: '',
    contentType: 'application/json',
    headers: { 'content-type': 'application/json', id: String(id) },
    body: Buffer.from(JSON.stringify({ instance_id: id, objectType, pollDate: pollDate.getTime(), ...payload })),
    instanceIds: [id],
    ownerOf: () => ({ organizationId, accountId, userId }),
  }
}
