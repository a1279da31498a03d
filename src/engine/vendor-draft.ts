import type { ResourceCall } from '../model/exchange.ts'
import type { InstanceState } from '../model/instance.ts'

/** The vendor request while it is being assembled (spec 11 §3.10). */
export interface VendorDraft {
  pathValues: Record<string, string>
  query: [name: string, value: string][]
  /** lower-case names */
  headers: Record<string, string>
  body: unknown
  bodyFields: Record<string, unknown> | undefined
  form: [name: string, value: string][] | undefined
  /** complete address, set once path and query are known */
  url: string
}

/** What a parameter may read and where it may write: the part of an exchange that `placement/` works on. */
export interface Placing {
  instance: InstanceState
  call: ResourceCall
  pathVariables: Record<string, string>
  vendor: VendorDraft
}
