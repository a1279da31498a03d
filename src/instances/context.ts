import type { Transaction } from 'kysely'
import type { Authorize } from '../accounts/authorize.ts'
import type { ElementDirectory, ElementEntry } from '../elements/directory.ts'
import type { CanonicalMappings } from '../elements/hub-models/canonical-mappings.ts'
import type { MappingNote } from '../engine/common/mapping-note.ts'
import type { Plan } from '../engine/plan.ts'
import type { Send } from '../model/exchange.ts'
import type { InstanceState } from '../model/instance.ts'
import type { Slots } from '../model/slots.ts'
import type { Mappings } from '../resources/mappings.ts'
import type { RunRecordScript, RunScript } from '../sandbox/sandbox.ts'
import type { Publish } from '../store/changes.ts'
import type { Store } from '../store/database.ts'
import type { Instance } from './instance.ts'
import type { OnInstanceChanged } from './instance-change.ts'
import type { InstanceTables } from './instance-table.ts'

/** What the functions of this room work with; `main.ts` puts it together once. */
export interface InstanceContext {
  store: Store
  elements: ElementDirectory
  authorize: Authorize
  plans: Plans
  /** common resources of instances */
  mappings: Mappings
  canonicalMappings: CanonicalMappings
  send: Send
  isBeforeSend(error: unknown): boolean
  now(): Date
  random(): number
  sleep(ms: number): Promise<void>
  /** user scripts, in the sandbox */
  runScript: RunScript
  runRecords: RunRecordScript
  /** how a common resource acted in a call of an instance */
  noteMapping(instance: InstanceState, note: MappingNote): void
  /** what a script printed, already without the instance's secrets */
  noteConsole(instance: InstanceState, label: string, lines: readonly string[]): void
  /** base of links, without trailing slash */
  publicUrl(): string
  /** where a browser finds a vendor's address; another one only with the simulator */
  browserUrl(url: string): string
  /** what rooms above do with a change, in its transaction */
  onInstanceChanged: OnInstanceChanged
  /** how many callers may hold a credential lock at once; fewer than the pool has connections */
  credentialSlots: Slots
  log: Log
  /** told once, in the transaction that notes that an instance's credentials are good for nothing any more: somebody must provision it again */
  onCredentialsRefused?(
    trx: Transaction<InstanceTables>,
    publish: Publish,
    instance: Instance,
    message: string,
  ): Promise<unknown>
  onRefresh?(fact: { element: string; outcome: 'ok' | 'transient' | 'permanent' }): void
}

export interface Log {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

/** Compiled elements, one per element and version; an account that extends an element has one of its own. */
export interface Plans {
  of(entry: ElementEntry): Plan
}
