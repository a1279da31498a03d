import type { Plan } from '../engine/plan.ts'
import type { InstanceState } from '../model/instance.ts'
import type { RefreshState } from './instance-table.ts'

/**
 * One element provisioned with one customer's credentials. This room provisions, finds, changes, refreshes and calls
 * instances; the engine does the vendor's protocol, `http` the wire. Start reading at `provision.ts` and `call.ts`.
 */
export interface Instance {
  id: number
  organizationId: number
  accountId: number
  userId: number
  name: string
  tags: string[]
  token: string
  /** the element, compiled */
  plan: Plan
  /** what was given for this instance, secrets in clear; without element defaults */
  stored: Readonly<Record<string, string | null>>
  /** what the engine sees: defaults and stored values, and the version of the credentials */
  state: InstanceState
  valid: boolean
  disabled: boolean
  /** calls are traced until then */
  traceUntil: Date | null
  externalAuthentication: string
  oauthProxy: string | null
  application: string | null
  refresh: RefreshStatus | undefined
  user: { id: number; emailAddress: string; firstName: string; lastName: string }
  createdDate: Date
  updatedDate: Date
}

export interface RefreshStatus {
  /** `failing`: may pass, it is tried again; `failed`: provision again */
  state: RefreshState
  lastRefreshDate: Date | null
  lastFailureDate: Date | null
  message: string | null
}
