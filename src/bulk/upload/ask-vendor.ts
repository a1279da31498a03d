import { Readable } from 'node:stream'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import { newCallFacts, type ResourceCall, type ResourceReply } from '../../model/exchange.ts'
import type { BulkContext } from '../context.ts'
import type { UploadRequest } from '../job-request.ts'
import { outcomeOfFailure, type RowOutcome } from './row-outcome.ts'

export interface AskingWorld {
  context: Pick<BulkContext, 'call' | 'now' | 'isBeforeSend'>
  caller: Caller
  instance: Instance
  request: Pick<UploadRequest, 'query'>
}

/** @throws RowFailed; the error of the call when it is none of ours */
export type Ask = (call: Pick<ResourceCall, 'method' | 'path'> & Partial<ResourceCall>) => Promise<ResourceReply>

/** A row, or several, that were not written, on their way out of however many calls it took. */
export class RowFailed extends Error {
  readonly outcome: RowOutcome
  constructor(outcome: RowOutcome, cause?: unknown) {
    super('the row was not written', { cause })
    this.outcome = outcome
  }
}

/** Calls of an upload, in the name of its owner: what may have reached the vendor is not sent a second time. */
export function createAsk({ context, caller, instance, request }: AskingWorld): Ask {
  return async (call) => {
    const facts = newCallFacts()
    const isRead = call.method === 'GET'
    try {
      const reply = await context.call(caller, instance, {
        ...{ query: request.query as ResourceCall['query'], headers: {}, body: undefined },
        ...call,
        ...{ facts, isSentOnce: !isRead },
      })
      // a stream that nobody reads would hold its connection
      if (reply.body instanceof Readable) reply.body.destroy()
      return reply
    } catch (error) {
      const { isBeforeSend } = context
      throw new RowFailed(outcomeOfFailure({ error, facts, isRead }, { now: context.now(), isBeforeSend }), error)
    }
  }
}
