import type { CallInstance } from '../../instances/call.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import type { CallFacts } from '../../model/exchange.ts'
import type { EventContext } from '../event-context.ts'

/** What polling works with beyond the room's own context; `main.ts` puts it together. */
export interface PollContext extends Pick<EventContext, 'store' | 'jobs' | 'now' | 'log'> {
  /** with its newest credentials; undefined when it is gone */
  instanceOf(id: number): Instance | undefined | Promise<Instance | undefined>
  /** who owns an instance, in whose name it is polled. @throws ValenceError CREDENTIALS_INVALID when he is inactive */
  callerOf(userId: number): Caller | Promise<Caller>
  call: CallInstance
  /** for the usage log (spec 40 §7.1) */
  recordCall(fact: PollFact): void
  newRequestId(): string
}

/** A call of a poll that is over, whichever way. */
export interface PollFact {
  requestId: string
  /** ms since 1970 */
  startedAt: number
  organizationId: number
  accountId: number
  userId: number
  method: string
  /** with the prefix, without query */
  url: string
  ip: undefined
  status: number
  ms: number
  operation: string
  call: CallFacts
  message: string | undefined
  providerMessage: string | undefined
}
