import { randomBytes } from 'node:crypto'
import { ValenceError } from '../../errors.ts'
import type { FormulaTrigger } from '../../model/formula.ts'
import { isObject } from '../../model/is-object.ts'
import { storableText } from '../../model/storable-text.ts'
import { readId } from '../instances/configured-text.ts'
import { eventTriggers, type TriggerContext } from './event-trigger.ts'

/** What `POST …/executions` starts: contexts for one of the formula's triggers, in the order of its executions. */
export interface ReadStart {
  triggerNumber: number
  contexts: TriggerContext[]
  eventId?: string
}

/** Each is an execution with everything that was sent. */
const MOST_EVENTS = 1_000

/**
 * Starts by hand (spec 32 §2). Whatever starts a formula otherwise can be sent: an event as receivers get it, with or without its wrapper; of a call
 * what was asked and answered; nothing for a clock. Everything else is `trigger.args`.
 *
 * @param body as it was sent; nothing counts as `{}`
 * @param boundTo the element instance that the trigger listens to
 * @throws ValenceError BODY_INVALID for an event without a list of objects
 */
export function readStart(
  triggers: readonly FormulaTrigger[],
  body: unknown,
  boundTo: (trigger: FormulaTrigger) => number | undefined,
): ReadStart {
  const triggerNumber = Math.max(0, triggers.findIndex(fits(body)))
  const trigger = triggers[triggerNumber]
  switch (trigger?.type) {
    case 'event':
      return { triggerNumber, ...readEvents(body, boundTo(trigger)) }
    case 'elementRequest':
    case 'request':
      return { triggerNumber, contexts: [{ trigger: requestTrigger(body) }] }
    case 'scheduled':
      return { triggerNumber, contexts: [{ trigger: { type: 'scheduled' } }] }
    default:
      return { triggerNumber, contexts: [{ trigger: { args: body ?? {} } }] }
  }
}

/** Real formulas have one trigger (spec 30 §2.1); of several it is the one that the body is for. */
function fits(body: unknown): (trigger: FormulaTrigger) => boolean {
  if (notificationOf(body)) return ({ type }) => type === 'event'
  if (isObject(body) && 'request' in body && 'response' in body)
    return ({ type }) => type === 'elementRequest' || type === 'request'
  return ({ type }) => type === 'manual'
}

type Members = Record<string, unknown>

/** `{message: {events}}` or `{events}`. */
function notificationOf(body: unknown): { message: Members; events: unknown[]; body: Members } | undefined {
  if (!isObject(body)) return undefined
  const { message } = body
  if (isObject(message) && Array.isArray(message['events'])) return { message, events: message['events'], body }
  if (!Array.isArray(body['events'])) return undefined
  return { message: body, events: body['events'], body: { message: body } }
}

function readEvents(sent: unknown, boundTo: number | undefined): Omit<ReadStart, 'triggerNumber'> {
  const read = notificationOf(sent)
  const events = read?.events.filter(isObject) ?? []
  if (!read || events.length < read.events.length)
    throw invalid(
      'this formula starts with an event: send {"message": {"events": [{"objectType": …, "objectId": …, "eventType": …}]}}',
    )
  if (events.length > MOST_EVENTS)
    throw invalid(`message.events has ${events.length} objects, at most ${MOST_EVENTS} are started together`)
  const { message, body } = read
  const eventId = textOf(message['eventId']) ?? newEventId()
  const elementInstanceId = readId(message['instance_id']) ?? readId(message['instanceId']) ?? boundTo ?? 0
  const bodyChars = JSON.stringify(body).length
  return { eventId, contexts: eventTriggers({ eventId, elementInstanceId, events, body, bodyChars }) }
}

/** As long as those of events that came from a vendor; formulas and filters of lists count on there being one. */
function newEventId(): string {
  return randomBytes(10).toString('hex')
}

function requestTrigger(body: unknown): Members {
  const { request, response } = isObject(body) ? body : ({} as Members)
  return {
    type: 'request',
    request: { body: null, headers: {}, method: '', path: '', query: {}, ...(isObject(request) ? request : {}) },
    response: { body: null, code: 200, headers: {}, ...(isObject(response) ? response : {}) },
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? storableText(value).slice(0, 255) : undefined
}

function invalid(message: string): ValenceError {
  return new ValenceError('BODY_INVALID', message)
}
