import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ValenceError } from '../errors.ts'
import { noteInstance } from '../instances/call.ts'
import type { Caller } from '../model/account.ts'
import { type CallFacts, newCallFacts } from '../model/exchange.ts'
import type { UsageFact } from '../usage/usage-record.ts'
import { addressOf } from './caller-address.ts'
import type { ErrorBody } from './error-handler.ts'
import type { Identify } from './identify.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** of `performance.now()` */
    arrivedAt: number
    /** of a resource call, from when it is known who calls */
    callNote: { ip: string; facts: CallFacts } | undefined
    /** what the caller is told of a failure */
    failure: ErrorBody | undefined
    isNoted: boolean
  }
}

/** As nginx writes it: the caller hung up before it had the answer. */
const CLIENT_CLOSED = 499

/**
 * One note for each call of somebody who is known, when its answer is out (spec 41 §7): the answer does not wait for it. Calls
 * of strangers belong to nobody's log.
 */
export function noteUsage(
  app: FastifyInstance,
  { record, now, identify }: { record(fact: UsageFact): void; now(): Date; identify: Identify },
): void {
  app.decorateRequest('arrivedAt', 0)
  app.decorateRequest('callNote', undefined)
  app.decorateRequest('failure', undefined)
  app.decorateRequest('isNoted', false)
  app.decorateRequest('isFormulaCall', false)
  app.addHook('onRequest', (request, _reply, done) => {
    request.arrivedAt = performance.now()
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    if (isRefusedUnread(request, reply.statusCode)) void noteLate(request, reply.statusCode)
    else note(request, reply.statusCode)
    done()
  })
  app.addHook('onRequestAbort', (request, done) => {
    request.failure ??= { requestId: request.id, message: 'The caller closed the connection before it had the answer' }
    note(request, CLIENT_CLOSED)
    done()
  })

  /** A resource call is identified by its handler, which a body that cannot be read never reaches. */
  async function noteLate(request: FastifyRequest, status: number): Promise<void> {
    try {
      const { caller, instance } = await identify.instanceCaller(request)
      noteInstance(noteCaller(request, caller), instance)
      note(request, status)
    } catch (error) {
      // of somebody unknown after all
      if (error instanceof ValenceError && error.code === 'CREDENTIALS_INVALID') return
      request.log.warn({ err: error }, 'nobody could be found to whom a refused call belongs')
    }
  }

  function note(request: FastifyRequest, status: number): void {
    const { caller, callNote, failure } = request
    if (!caller || request.isNoted) return
    request.isNoted = true
    const ms = performance.now() - request.arrivedAt
    record({
      requestId: request.id,
      startedAt: now().getTime() - Math.round(ms),
      organizationId: caller.organizationId,
      accountId: caller.accountId,
      userId: caller.userId,
      method: request.method,
      url: request.url,
      ip: callNote?.ip ?? caller.via?.ip ?? addressOf(request),
      status,
      ms,
      operation: request.isFormulaCall ? 'formulaResources.call' : (request.routeOptions.config.operation ?? ''),
      call: callNote?.facts,
      message: failure?.message,
      providerMessage: failure?.providerMessage,
    })
  }
}

function isRefusedUnread({ caller, isResourceCall, routeOptions }: FastifyRequest, status: number): boolean {
  const isOfInstance = isResourceCall || routeOptions.config.operation === 'resources.call'
  return !caller && isOfInstance && status >= 400 && status !== 401
}

/** @returns what the call has to fill in; the address is read now, because a closed connection no longer tells it */
export function noteCaller(request: FastifyRequest, caller: Caller): CallFacts {
  const facts = newCallFacts()
  request.caller = caller
  request.callNote = { ip: addressOf(request), facts }
  return facts
}
