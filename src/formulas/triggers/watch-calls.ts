import { Readable } from 'node:stream'
import { ValenceError } from '../../errors.ts'
import type { CallInstance } from '../../instances/call.ts'
import type { Instance } from '../../instances/instance.ts'
import type { ResourceCall, ResourceReply } from '../../model/exchange.ts'
import type { FormulaContext } from '../context.ts'
import type { Listener, Listeners } from './listeners.ts'
import type { CallStarts } from './on-element-call.ts'
import { matchesCall } from './path-matches.ts'
import { type AnsweredCall, readBytes } from './request-trigger.ts'
import { teeBody } from './tee-body.ts'

/** What was refused before it became a call of the instance. */
const NO_CALLS = new Set(['FORBIDDEN', 'CREDENTIALS_INVALID', 'INSTANCE_DISABLED', 'CALLS_TOO_DEEP'])

/**
 * Calls of element instances that formulas may listen to (spec 31 §1, `elementRequest`). A call that nobody listens to is passed on as it is; one
 * that somebody does is answered as it would be, and told of afterwards.
 */
export function watchCalls(
  { limits, log }: Pick<FormulaContext, 'limits' | 'log'>,
  listeners: Listeners,
  starts: CallStarts,
  call: CallInstance,
): CallInstance {
  return async (caller, instance, asked) => {
    const heard = hear(instance, asked)
    if (heard === undefined) return call(caller, instance, asked)
    let reply: ResourceReply
    try {
      reply = await call(caller, instance, asked)
    } catch (error) {
      if (error instanceof ValenceError && !NO_CALLS.has(error.code)) heard(failureOf(error))
      throw error
    }
    const { status, headers, body } = reply
    if (!(body instanceof Readable)) {
      heard({ status, headers, body })
      return reply
    }
    const copy = teeBody(body, limits.triggerBytes, ({ bytes, sizeBytes, isCut }) => {
      if (isCut) heard({ status, headers, body: undefined, left: `it broke off after ${sizeBytes} bytes` })
      else if (!bytes) heard({ status, headers, body: undefined, left: `${sizeBytes} bytes are more than are kept` })
      else heard({ status, headers, ...readBytes(bytes, headers['content-type']) })
    })
    return { status, headers, body: copy }
  }

  /** @returns undefined where nobody listens; while that is not known yet, the call does not wait for it */
  function hear(instance: Instance, asked: ResourceCall): ((answer: AnsweredCall) => void) | undefined {
    const known = listeners.of(instance.id)
    const matching = (all: readonly Listener[]) =>
      all.filter((one) => one.type === 'elementRequest' && matchesCall(one, asked))
    if (Array.isArray(known)) {
      const found = matching(known)
      return found.length === 0
        ? undefined
        : (answer) => starts.add({ instance, call: asked, answer, listeners: found })
    }
    const found = known.then(matching).catch((error: unknown) => {
      log.error({ err: error, instance: instance.id }, 'it could not be found out whether a formula listens to a call')
      return []
    })
    return (answer) =>
      void found.then((listening) => {
        if (listening.length > 0) starts.add({ instance, call: asked, answer, listeners: listening })
      })
  }
}

function failureOf({ status, message, providerMessage, headers }: ValenceError): AnsweredCall {
  const body = { message, ...(providerMessage === undefined ? {} : { providerMessage }) }
  return { status, headers, body }
}
