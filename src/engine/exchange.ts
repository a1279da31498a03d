import type { Where } from '../ceql/ast.ts'
import type { ResourceCall } from '../model/exchange.ts'
import type { InstanceState } from '../model/instance.ts'
import type { PageChoice } from './paging/page.ts'
import type { PageToken } from './paging/page-token.ts'
import type { Plan, ResourcePlan } from './plan.ts'
import type { VendorDraft } from './vendor-draft.ts'

/**
 * One call on its way through the pipeline. Steps hand on the same object and fill in what they are named for;
 * what a later step may still change is in `vendor` and `reply`, the rest is fixed once set.
 */
export interface Exchange {
  readonly plan: Plan
  instance: InstanceState
  /** the caller's request; `resumePage` completes its query from the token */
  call: ResourceCall
  resource: ResourcePlan
  pathVariables: Record<string, string>
  where: Where | undefined
  pageToken: PageToken | undefined
  page: PageChoice | undefined
  vendor: VendorDraft
  reply: VendorAnswer
  /** the vendor's next cursor, page or offset, before it is sealed into a token */
  nextPage: NextPage | undefined
  totalCount: number | undefined
  /** soft warnings, sent as `Elements-Error` */
  warnings: string[]
}

export interface VendorAnswer {
  status: number
  headers: Record<string, string | string[]>
  /** decoded body; after `extractRoot` the part below the root key; `JsonText` when it is that already, a stream when it is passed through */
  body: unknown
  /** whole decoded vendor body, kept for `nextPageKey` */
  raw: unknown
  /** the vendor's text as it came, for `providerMessage` */
  text: string
}

export type NextPage = { cursor: string } | { page: number } | { offset: number }
