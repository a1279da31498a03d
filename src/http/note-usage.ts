import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller } from '../model/account.ts'
import { type CallFacts, newCallFacts } from '../model/exchange.ts'
import type { UsageFact } from '../usage/usage-record.ts'
import type { ErrorBody } from './error-handler.ts'

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
export function noteUsage(app: FastifyInstance, { record, now }: { record(fact: UsageFact): void; now(): Date }): void {
  app.decorateRequest('arrivedAt', 0)
  app.decorateRequest('callNote', undefined)
  app.decorateRequest('failure', undefined)
  app.decorateRequest('isNoted', false)
  app.addHook('onRequest', (request, _reply, done) => {
    request.arrivedAt = performance.now()
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    note(request, reply.statusCode)
    done()
  })
  app.addHook('onRequestAbort', (request, done) => {
    request.failure ??= { requestId: request.id, message: 'The caller closed the connection before it had the answer' }
    note(request, CLIENT_CLOSED)
    done()
  })

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
      ip: callNote?.ip ?? caller.via?.ip ?? request.ip,
      status,
      ms,
      operation: request.routeOptions.config.operation ?? '',
      call: callNote?.facts,
      message: failure?.message,
      providerMessage: failure?.providerMessage,
    })
  }
}

/** @returns what the call has to fill in; the address is read now, because a closed connection no longer tells it */
export function noteCaller(request: FastifyRequest, caller: Caller): CallFacts {
  const facts = newCallFacts()
  request.caller = caller
  request.callNote = { ip: request.ip, facts }
  return facts
}
