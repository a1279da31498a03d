import type { Transaction } from 'kysely'
import type { Authorize } from '../accounts/authorize.ts'
import type { Instance } from '../instances/instance.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Caller } from '../model/account.ts'
import type { Send } from '../model/exchange.ts'
import type { Owner } from '../model/owner.ts'
import type { PlatformReply, PlatformRequest, PlatformStream } from '../model/platform-call.ts'
import type { NotificationContext } from '../notifications/context.ts'
import type { RunStepScript } from '../sandbox/sandbox.ts'
import type { Publish } from '../store/changes.ts'
import type { Store } from '../store/database.ts'
import type { Log } from '../store/tables.ts'
import type { PublishMessage } from '../upstream/publish.ts'

/**
 * This room runs formulas: `templates/` are what people write, `instances/` bind them to element instances, `triggers/` start executions,
 * `executions/` brings each from step to step, `steps/` does what a step says.
 */
export interface FormulaContext {
  store: Pick<Store, 'db' | 'changes' | 'cipher'>
  jobs: Jobs
  authorize: Authorize
  now(): Date
  log: Log
  limits: FormulaLimits
  notifications: Pick<
    NotificationContext,
    'jobs' | 'now' | 'sender' | 'store' | 'mailer' | 'send' | 'callPlatform' | 'ownPath'
  >
  /** @throws ValenceError CREDENTIALS_INVALID for a user who is not active */
  callerOf(userId: number): Caller | Promise<Caller>
  findInstance(id: number): Instance | undefined | Promise<Instance | undefined>
  /** ids of elements that somebody may use and whose key holds this text, which is in lower case */
  elementsNamed(viewer: Pick<Caller, 'accountId' | 'organizationId'>, text: string): Promise<number[]>
  /** of steps and of references that are JavaScript */
  runStepScript: RunStepScript
  /** the door for requests to anywhere */
  send: Send
  /** whether a request that failed with this error was surely never sent */
  isBeforeSend(error: unknown): boolean
  /** our own API in the name of the owner, with the token of an element instance where one is named */
  callPlatform(
    owner: { userId: number },
    instanceId: number | undefined,
    request: PlatformRequest,
  ): Promise<PlatformReply>
  /** whether the platform itself answers there; the path is below `/elements/api-v2` and begins with a slash (spec 30 §5.4) */
  isPlatformPath(method: string, path: string): boolean
  /** the same, with bytes that nobody holds: a body may be a stream, and the answer is one */
  streamPlatform(
    owner: { userId: number },
    instanceId: number | undefined,
    request: PlatformRequest,
  ): Promise<PlatformStream>
  /** our own API, in the name of whoever the header `authorization` of the request says */
  callOwn(request: PlatformRequest): Promise<PlatformReply>
  /** what an address is in our own API, with its query; undefined for one of somebody else */
  ownPath(address: string): string | undefined
  /** the door for messages to brokers */
  publishMessage: PublishMessage
  clock: FormulaClock
  /** says something of events to whoever reads what became of them; in the transaction that does it */
  noteEvents<DB>(trx: Transaction<DB>, notes: readonly EventNote[]): Promise<void>
  /** for metrics */
  onTurn(fact: FormulaTurnFact): void
}

/** A line for the dispositions of an event for one element instance (spec 30 §1.5). */
export interface EventNote {
  eventId: string
  elementInstanceId: number
  accountId: number
  message: string
}

/** Schedules of instances (spec 30 §3.5). */
export interface FormulaClock {
  put<DB>(trx: Transaction<DB>, publish: Publish, schedule: FormulaSchedule): Promise<void>
  remove<DB>(trx: Transaction<DB>, formulaInstanceIds: readonly number[]): Promise<void>
  /** @throws ValenceError PARAMETER_INVALID for a cron that cannot be read, never comes, or comes too often */
  check(cron: string): void
}

export interface FormulaSchedule {
  formulaInstanceId: number
  owner: Owner
  name: string
  description: string
  cron: string
}

export interface FormulaLimits {
  /** visits of steps of one execution */
  steps: number
  /** of what starts an execution, as JSON (spec 32 §9) */
  triggerBytes: number
  /** of a value that is shown (spec 32 §9) */
  valueBytes: number
  /** of all that an execution holds */
  contextBytes: number
  /** for the answer of a formula as a resource (spec 30 §5.3) */
  answerMs: number
  scriptMs: number
  /** of a stream between two instances */
  streamBytes: number
  streamMs: number
  /** days that executions are kept */
  days: number
  /** executions of an account that have not ended */
  openExecutions: number
}

/** What a turn at an execution came to. */
export interface FormulaTurnFact {
  steps: number
  /** how the execution ended, if it did */
  end: string | undefined
}
