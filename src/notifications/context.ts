import type { Transaction } from 'kysely'
import type { Authorize } from '../accounts/authorize.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Send } from '../model/exchange.ts'
import type { Owner } from '../model/owner.ts'
import type { PlatformReply, PlatformRequest } from '../model/platform-call.ts'
import type { Publish } from '../store/changes.ts'
import type { Store } from '../store/database.ts'
import type { Log } from '../store/tables.ts'
import type { NotificationTables } from './notification-table.ts'

/** What the functions of this room work with; `main.ts` puts it together once. */
export interface NotificationContext {
  store: Pick<Store, 'db' | 'changes' | 'cipher'>
  jobs: Jobs
  authorize: Authorize
  now(): Date
  log: Log
  /** whom notifications and mails of the hub itself are from: a mail address (`VALENCE_MAIL_FROM`) */
  sender: string
  /** hands mails to a server; undefined: there is none, and they stay stored */
  mailer: Mailer | undefined
  /** the way out; it judges where deliveries may go */
  send: Send
  callPlatform: CallPlatform
  /**
   * Path and query of an address of this hub below `/elements/api-v2`, which begin with `/`; undefined for any other address.
   * Addresses of its own are no way out: what goes there goes through `callPlatform`.
   */
  ownPath(url: string): string | undefined
  /** where events of an instance go, read when one leaves; undefined when it is gone or wants none */
  targetOf(instanceId: number): Promise<Target | undefined>
  /** of every attempt, for the metrics */
  onAttempt(fact: { outcome: 'delivered' | 'failed' | 'looped'; ms: number }): void
  /** told of every attempt, in the transaction that writes down what came of it */
  onSettled: OnSettled
}

/** What `notify` needs of it. */
export type NotifyContext = Pick<NotificationContext, 'jobs' | 'now'>

/** Sends one mail. @throws Error of the server; with `responseCode` what it answered (RFC 5321 §4.2) */
export type Mailer = (mail: {
  to: readonly string[]
  replyTo: string | undefined
  subject: string
  text: string
}) => Promise<void>

/** Our own API, as whoever owns the subscription, without a socket; of a known instance with its Element token. */
export type CallPlatform = (
  owner: Owner,
  instanceId: number | undefined,
  request: PlatformRequest,
) => Promise<Pick<PlatformReply, 'status' | 'body'>>

/** Where and how one receiver is called. */
export interface Target {
  /** absolute, or a path of this hub */
  url: string
  /** key of `Elements-Webhook-Signature` */
  signatureKey?: string | undefined
  /** keys that were replaced and are good for a while yet: comma list */
  previousSignatureKeys?: string | undefined
  username?: string | undefined
  password?: string | undefined
  /** extra headers: a JSON object, or `Name: value` separated by newline, `;` or `,` */
  headers?: string | undefined
  /** what failed holds back what comes after it */
  ordered?: boolean | undefined
}

export type OnSettled = (
  trx: Transaction<NotificationTables>,
  publish: Publish,
  settled: readonly Settled[],
) => Promise<void>

/** What came of one attempt, or that there was none. */
export type Settled = {
  notificationId: number
  subscriptionId: number
  /** absent for notifications that tell of no event */
  event?: EventReference
} & (
  | {
      outcome: 'delivered'
      /** what the receiver took */
      body: string
    }
  | {
      /** `failed`: it is tried again, or was tried for the last time; `queued`: held, without an attempt or after one */
      outcome: 'failed' | 'queued'
      /** for people: why */
      message: string
    }
)

export interface EventReference {
  eventId: string
  receivedAt: Date
  instanceId: number
}
