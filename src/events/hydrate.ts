import { parseJson } from '../engine/parse-json.ts'
import type { Instance } from '../instances/instance.ts'
import { isObject } from '../model/is-object.ts'
import type { CallPlatform } from '../notifications/context.ts'
import type { NormalizedEvent } from './normalize.ts'
import { withFacts } from './polled-payload.ts'
import type { ReadEvents } from './read-events.ts'

/** An instance asks for it: vendors that tell only which object changed. */
const HYDRATE = 'event.notification.hydrate'
/** of one event */
const MAX_OBJECTS = 20
/** for all of them together: the events behind wait for it */
const PATIENCE_MS = 20_000
const MAX_REASON = 200

export function wantsObjects({ state }: Pick<Instance, 'state'>): boolean {
  return state.configuration[HYDRATE]?.trim().toLowerCase() === 'true'
}

export interface Hydrated extends ReadEvents {
  /** what could not be read, for people */
  problems: string[]
}

/**
 * A webhook's event with the objects that it tells of, read through the instance: `raw.contacts` is a list of the contacts, each with `objectId`
 * and `eventType`, as it is of polls (spec 40 §8). What is deleted is not asked for, nor what `raw` says already; what cannot be read is left
 * out: the event itself is never lost for it. No document of the platform knows this; it is ours.
 */
export async function hydrate(
  callPlatform: CallPlatform,
  instance: Pick<Instance, 'id' | 'organizationId' | 'accountId' | 'userId' | 'plan'>,
  { events, raw }: ReadEvents,
): Promise<Hydrated> {
  const ends = performance.now() + PATIENCE_MS
  const { organizationId, accountId, userId } = instance
  const objects = new Map<string, unknown[]>()
  const problems: string[] = []
  for (const event of namedOnce(events).filter(({ objectType = '' }) => !Object.hasOwn(raw, objectType))) {
    const { objectType = '', objectId = '' } = event
    const path = `/hubs/${instance.plan.element.hub}/${segmentOf(objectType)}/${segmentOf(objectId)}`
    if (performance.now() > ends) {
      problems.push(`${objectType} ${objectId} was not read: the others took too long`)
      continue
    }
    const answer = await callPlatform({ organizationId, accountId, userId }, instance.id, {
      ...{ method: 'GET', path, headers: {}, body: '' },
      signal: AbortSignal.timeout(Math.max(1, Math.ceil(ends - performance.now()))),
    }).catch((error: Error) => ({ status: 0, body: error.message }))
    const object = answer.status === 200 ? parseJson(answer.body) : undefined
    if (!isObject(object)) problems.push(`${objectType} ${objectId} could not be read: ${reasonOf(answer)}`)
    else objects.set(objectType, [...(objects.get(objectType) ?? []), ...withFacts([object], [event])])
  }
  return { events, raw: { ...raw, ...Object.fromEntries(objects) }, problems }
}

/** Events of objects that are there, each object once. */
function namedOnce(events: readonly NormalizedEvent[]): NormalizedEvent[] {
  const named = events.filter(
    ({ objectType, objectId, eventType }) => isName(objectType) && isName(objectId) && eventType !== 'DELETED',
  )
  return [...new Map(named.map((event) => [`${event.objectType} ${event.objectId}`, event])).values()].slice(
    0,
    MAX_OBJECTS,
  )
}

/** Dots lead out of the hub, and a stranger may have written them. */
function isName(text: string | undefined): boolean {
  return text !== undefined && !/^\.{0,2}$/.test(text)
}

function segmentOf(name: string): string {
  return encodeURIComponent(name.toWellFormed())
}

function reasonOf({ status, body }: { status: number; body: string }): string {
  const answer = parseJson(body)
  const message = isObject(answer) && typeof answer['message'] === 'string' ? answer['message'] : body
  const said = message.slice(0, MAX_REASON)
  return status === 0 ? said : `${status} ${said}`
}
