import type { Transaction } from 'kysely'
import type { Instance } from '../instances/instance.ts'
import type { NotificationContext } from '../notifications/context.ts'
import type { Publish } from '../store/changes.ts'
import type { EventContext } from './event-context.ts'
import type { EventInstances } from './event-instances.ts'
import type { EventMessage } from './event-message.ts'
import type { EventTables } from './event-table.ts'
import type { WaitingEvent } from './waiting-events.ts'

/** What processing works with beyond what receiving does. */
export interface ProcessContext extends EventContext {
  /** instances by id, in memory */
  known: EventInstances
  notifications: Pick<NotificationContext, 'jobs' | 'now' | 'sender' | 'callPlatform'>
  onEvents: OnEvents
  verifyLate: VerifyLate
}

/**
 * Whether an event that was stored before its instance was known may reach that instance: by what the instance asks of webhooks.
 * @param unverified of `unverified.ts`, as it was sealed
 * @returns why not; undefined: it may
 * @throws ValenceError UNAVAILABLE when that cannot be told now
 */
export type VerifyLate = (instance: Instance, event: WaitingEvent, unverified: string) => Promise<string | undefined>

/** An event of one instance, read and about to be told of. */
export interface ToldEvent {
  eventId: string
  receivedAt: Date
  instance: Instance
  message: EventMessage
  /** of the notification: what every receiver gets, as text */
  body: string
}

/** What else happens with events that have something to tell, in the transaction that says they were processed: triggers of formulas. */
export type OnEvents = (trx: Transaction<EventTables>, publish: Publish, told: readonly ToldEvent[]) => Promise<void>

export const NO_TRIGGERS: OnEvents = async () => undefined
