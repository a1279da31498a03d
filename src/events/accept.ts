import { ValenceError } from '../errors.ts'
import type { InstanceFinder } from '../instances/find.ts'
import type { Instance } from '../instances/instance.ts'
import type { Configuration } from '../model/instance.ts'
import { admit, type Called, type Refused } from './admit.ts'
import { createAllowance } from './allowance.ts'
import { DELIVERY_ID, deliveryName } from './delivery-name.ts'
import type { EventContext } from './event-context.ts'
import { type Found, findNamed } from './find-named.ts'
import { createKeyedElements } from './keyed-elements.ts'
import type { Receiver } from './receive.ts'
import type { ReceivedEvent } from './store-events.ts'
import type { VerifyPorts } from './verify/ports.ts'
import { kindOf, namedBy } from './whom.ts'
import { withoutProof } from './without-proof.ts'

/**
 * The door of events: whose a webhook is, whether its instance takes it, and that it is on disk before the vendor is answered (spec 40 §4).
 * What becomes of it is the worker's business (`process.ts`); nothing here looks whether an instance is enabled, and no event changes one.
 */
export interface AcceptContext extends Pick<EventContext, 'store' | 'elements' | 'now' | 'log'>, VerifyPorts {
  finder: InstanceFinder
  receiver: Pick<Receiver, 'receive'>
  /** for metrics */
  onArrived(outcome: Outcome): void
}

/**
 * `stored`; `duplicate` of a delivery that came before; `nobody`: there is no such element, or the instance was deleted; `refused` by what
 * its instance asks of webhooks; `turned-away`: it has to be sent again.
 */
export type Outcome = 'stored' | 'duplicate' | 'nobody' | 'refused' | 'turned-away'

/** A request of a vendor. */
export interface Arrival extends Called {
  /** as the path says it, also with `Polling` */
  key: string
  /** without `?` */
  query: string
  contentType: string | undefined
  /** of `headers`: lower-case names, repeated ones joined; without `authorization` and `cookie` */
  storedHeaders: Readonly<Record<string, string>>
}

/** Whoever calls may make up ids: events of instances that are not there (yet) are stored at this rate, by each process. */
const STRANGERS = { perSecond: 50, burst: 500 }
/** of lines in the log */
const LINES = { perSecond: 0.2, burst: 20 }
const MAX_LOGGED = 100
const SIGNATURE_TYPE = 'event.vendor.signature.type'
/** One request is looked at, stored and told of for each of its instances: all of that together is as much as six large events. */
const MOST_BYTES = 32 * 1024 * 1024
const RETRY_AFTER = { 'retry-after': '10' }
const DROPPED_HEADERS = new Set(['cookie'])

/**
 * @returns a function that settles when the event is on disk, or when there is nobody who would ever get it: the vendor is answered 200
 * either way. It throws ValenceError: UNAVAILABLE (503, `Retry-After`) when it has to be sent again, SIGNATURE_INVALID (401) and NOT_FOUND
 * (404) when the instance does not take it, PARAMETER_INVALID (400)
 */
export function createAccept(context: AcceptContext): (arrival: Arrival) => Promise<void> {
  const now = () => performance.now()
  const strangers = createAllowance({ ...STRANGERS, now })
  const lines = createAllowance({ ...LINES, now })
  const keyedElement = createKeyedElements(context)

  async function accept(arrival: Arrival): Promise<Outcome> {
    const kind = kindOf(arrival.key)
    const found = await findNamed(context, namedBy(kind.kind, arrival.reference, toStore(arrival)))
    if (found.all.length > 0) return forInstances(arrival, kind, found)
    const element = await keyedElement(kind.elementKey)
    if (!element)
      return nobody(
        { element: kind.elementKey.slice(0, MAX_LOGGED) },
        'a webhook came for an element that does not exist',
      )
    const kept = withoutProof(element.declared, { headers: arrival.storedHeaders, query: arrival.query })
    return store({
      ...toStore(arrival),
      ...kept,
      ...kind,
      instanceIds: [],
      unverified: unverifiedOf(arrival),
      // whoever guesses a name that is yet to come must not take the place of the delivery that has it
      ...(element.declared[SIGNATURE_TYPE] ? {} : nameOf(element.declared[DELIVERY_ID], arrival)),
    })
  }

  async function forInstances(
    arrival: Arrival,
    kind: ReturnType<typeof kindOf>,
    { all, known, unknown }: Found,
  ): Promise<Outcome> {
    assertBearable(arrival, all.length)
    const refusals = await Promise.all(known.map((instance) => admit(context, instance, arrival)))
    const admitted = known.filter((_, at) => refusals[at] === undefined)
    for (const [at, refused] of refusals.entries()) if (refused) noteRefused(known[at]!, refused)
    // sent again it is stored for all at once: stored now, it would never come for whoever cannot look at it now
    const temporary = refusals.find((one) => one?.isTemporary)
    if (temporary) throw errorOf(temporary)
    if (admitted.length + unknown.length === 0) {
      const refused = refusals.find((one) => one !== undefined)
      if (refused) throw errorOf(refused)
      return nobody({ instances: all }, 'a webhook came for an instance that was deleted')
    }
    if (!unknown.every(() => strangers.take()))
      throw unavailable('Too many events of unknown instances arrive; send this one again later')
    const demands = await demandsOf(kind.elementKey, admitted, unknown)
    const owners = new Map(admitted.map((instance) => [instance.id, instance]))
    return store({
      ...toStore(arrival),
      ...demands.reduce((kept, configuration) => withoutProof(configuration, kept), {
        headers: arrival.storedHeaders,
        query: arrival.query,
      }),
      ...kind,
      instanceIds: [...owners.keys(), ...unknown],
      ownerOf: (id) => owners.get(id),
      ...(unknown.length > 0 ? { unverified: unverifiedOf(arrival) } : {}),
      ...(unknown.length > 0 ? {} : nameOf(admitted[0]?.state.configuration[DELIVERY_ID], arrival)),
    })
  }

  /** What those who get it say of webhooks; of an instance that is still being made, only its element tells. */
  async function demandsOf(
    elementKey: string,
    admitted: readonly Instance[],
    unknown: readonly number[],
  ): Promise<Configuration[]> {
    const known = admitted.map(({ state }) => state.configuration)
    const element = unknown.length > 0 ? await keyedElement(elementKey) : undefined
    return element ? [...known, element.declared] : known
  }

  async function store(event: ReceivedEvent): Promise<Outcome> {
    return (await context.receiver.receive(event)) === undefined ? 'duplicate' : 'stored'
  }

  function nobody(facts: object, message: string): Outcome {
    if (lines.take()) context.log.info(facts, message)
    return 'nobody'
  }

  function noteRefused(instance: Instance, { of, reason }: Refused): void {
    if (lines.take()) context.log.warn({ instance: instance.id, of, reason }, 'a webhook was refused')
  }

  return async (arrival) => {
    try {
      context.onArrived(await accept(arrival))
    } catch (error) {
      const isRefusal = error instanceof ValenceError && error.status < 500
      context.onArrived(isRefusal ? 'refused' : 'turned-away')
      throw comingAgain(error)
    }
  }
}

/** @throws ValenceError BODY_TOO_LARGE */
function assertBearable({ body }: Arrival, instances: number): void {
  if (body.length * instances <= MOST_BYTES) return
  throw new ValenceError(
    'BODY_TOO_LARGE',
    `An event of ${body.length} bytes for ${instances} instances is too much; all together may be ${MOST_BYTES} bytes`,
  )
}

function toStore({ method, query, contentType, storedHeaders, body }: Arrival) {
  return { method, query, contentType, headers: storedHeaders, body }
}

function unverifiedOf({ url, headers, reference }: Arrival) {
  return { url, reference, headers: headers.filter(([name]) => !DROPPED_HEADERS.has(name.toLowerCase())) }
}

function nameOf(declared: string | null | undefined, arrival: Arrival): Pick<ReceivedEvent, 'dedupeKey'> {
  const dedupeKey = deliveryName(declared, toStore(arrival))
  return dedupeKey === undefined ? {} : { dedupeKey }
}

/** Neither says why: the log does. */
function errorOf({ of, isTemporary }: Refused): ValenceError {
  if (isTemporary) return unavailable('The signature of the event could not be verified now; send it again later')
  return of === 'address'
    ? new ValenceError('NOT_FOUND', 'There is no webhook at this address')
    : new ValenceError('SIGNATURE_INVALID', 'The event is not signed as its instance asks for')
}

/** Whoever is turned away is told when to come again. */
function comingAgain(error: unknown): unknown {
  const isLacking = error instanceof ValenceError && error.code === 'UNAVAILABLE' && !error.headers['retry-after']
  return isLacking ? unavailable(error.message, error) : error
}

function unavailable(message: string, cause?: unknown): ValenceError {
  return new ValenceError('UNAVAILABLE', message, { cause, headers: RETRY_AFTER })
}
