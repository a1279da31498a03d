import type { Send } from '../model/exchange.ts'
import type { Configuration, InstanceState } from '../model/instance.ts'
import type { RunRecordScript, RunScript } from '../sandbox/sandbox.ts'
import type { MappingNote } from './common/mapping-note.ts'
import type { Exchange } from './exchange.ts'
import type { PageTokenSeal } from './paging/page-token.ts'

/** A step takes the exchange, does what its name says and hands it on. */
export type Step = (exchange: Exchange, ports: Ports) => Exchange | Promise<Exchange>

/** Everything the engine may ask of the world. */
export interface Ports extends PageTokenSeal {
  send: Send
  /** whether a failure of `send` certainly happened before the vendor got the request */
  isBeforeSend(error: unknown): boolean
  now(): Date
  /** from 0 to 1 */
  random(): number
  sleep(ms: number): Promise<void>
  /** user scripts, in the sandbox */
  runScript: RunScript
  /** scripts of common resources, for all records of a page */
  runRecords: RunRecordScript
  /** how a common resource acted in a call */
  noteMapping(instance: InstanceState, note: MappingNote): void
  /** what a script printed, already without the instance's secrets */
  noteConsole(instance: InstanceState, label: string, lines: readonly string[]): void
  /** where a vendor sends events of this instance (spec 40 §4.1) */
  webhookUrl(elementKey: string, instance: InstanceState): string
  /**
   * Stores what hooks and captures changed; `null` removes a value.
   * @throws ValenceError CONFIGURATION_INVALID when it is more than an instance may hold
   */
  saveConfiguration(instanceId: number, changes: Configuration): Promise<void>
  /**
   * The instance with fresh credentials; single flight across processes.
   * @param rejectedVersion credentials of this version are known to be stale; newer ones are returned as they are
   * @throws ValenceError REFRESH_FAILED (permanent) or REFRESH_UNAVAILABLE (try later)
   */
  refreshCredentials(instanceId: number, rejectedVersion: number): Promise<InstanceState>
  /** The vendor refused even credentials that were fresh: it is not the token that it minds. */
  refreshDidNotHelp(instanceId: number, version: number): void
  /** false for a while after that, so that not every refused call costs a refresh */
  refreshMayHelp(instanceId: number, version: number): boolean
}
