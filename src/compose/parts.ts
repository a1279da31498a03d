import type { Authorize } from '../accounts/authorize.ts'
import type { Identifier } from '../accounts/identify.ts'
import type { Config } from '../config.ts'
import type { CallAsOwner, StreamAsOwner } from '../http/call-as-owner.ts'
import type { CallOwn } from '../http/call-platform.ts'
import type { Metrics } from '../http/metrics.ts'
import type { CallInstance } from '../instances/call.ts'
import type { InstanceContext } from '../instances/context.ts'
import type { InstanceFinder } from '../instances/find.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { RunStepScript } from '../sandbox/sandbox.ts'
import type { Store } from '../store/database.ts'
import type { Log } from '../store/tables.ts'
import type { Upstream } from '../upstream/send.ts'
import type { UsageContext } from '../usage/usage-context.ts'

/**
 * What `main.ts` has put together by the time it comes to the work after the answers. This folder is the second half of the
 * composition: a file for each room of that work.
 */
export interface Parts {
  config: Config
  store: Store
  jobs: Jobs
  authorize: Authorize
  metrics: Metrics
  now(): Date
  /** of one room */
  logOf(room: string): Log
  instances: InstanceContext
  finder: InstanceFinder
  call: CallInstance
  /** our own API in the name of a user, without a socket */
  callAsOwner: CallAsOwner
  /** `http/dispatch.ts`; not before the hub listens */
  isPlatformPath(method: string, path: string): boolean
  /** the same, with bytes that nobody holds */
  streamAsOwner: StreamAsOwner
  /** our own API with the credentials in the request's headers */
  callOwn: CallOwn
  publish: Upstream['publish']
  callerOf: Identifier['identifyUserById']
  recordCall: UsageContext['recorder']['record']
  /** of steps of formulas */
  runStepScript: RunStepScript
  publicUrl(): string
}
