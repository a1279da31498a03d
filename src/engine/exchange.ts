import type { Where } from '../ceql/ast.ts'
import type { ResourceCall } from '../model/exchange.ts'
import type { Configuration, InstanceState } from '../model/instance.ts'
import { ownValue } from '../model/own-value.ts'
import { storableText } from '../model/storable-text.ts'
import type { CommonCall, CommonResources } from './common/common-resources.ts'
import type { RunMappingScript, ScriptOutcome } from './common/run-mapping-script.ts'
import type { PageChoice } from './paging/page.ts'
import type { PageToken } from './paging/page-token.ts'
import type { Plan, ResourcePlan } from './plan.ts'
import type { VendorAnswer } from './vendor-answer.ts'
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
  /** of the instance; absent where no caller names one, as at provisioning */
  readonly commonResources: CommonResources | undefined
  /** the one that the caller named */
  common: CommonCall | undefined
  /** made when one is run */
  mappingScripts: RunMappingScript | undefined
  /** of the script that ran last, until it was noted */
  scriptOutcome: ScriptOutcome | undefined
  /** why a select statement is none of ours, should the vendor not read it either */
  statementProblem: string | undefined
  /** the resource that is running: of a chain, one after the other */
  resource: ResourcePlan
  /** the resource that the caller named */
  entry: ResourcePlan
  pathVariables: Record<string, string>
  /** what the resource before this one in a chain answered */
  previous: PreviousAnswer | undefined
  where: Where | undefined
  /** the vendor gets a `where`, in whatever form */
  sendsWhere: boolean
  /** what `filterRows` keeps, in the names of the reply */
  rowFilter: Where | undefined
  isFiltered: boolean
  pageToken: PageToken | undefined
  page: PageChoice | undefined
  vendor: VendorDraft
  /** a pre hook said `continue: false`: no vendor call, the post hooks run all the same */
  skipsVendor: boolean
  reply: VendorAnswer
  /** the vendor's next cursor, page or offset, before it is sealed into a token */
  nextPage: NextPage | undefined
  totalCount: number | undefined
  /** soft warnings, sent as `Elements-Error` */
  warnings: string[]
  /** configuration that captures and hooks changed; `instance` has it already, the store gets it at the end */
  changes: Record<string, string | null>
}

export interface PreviousAnswer {
  body: unknown
  headers: Record<string, string | string[]>
}

export type NextPage = { cursor: string } | { page: number } | { offset: number }

/** What list a page token belongs to. */
export function listName({ entry, common }: Pick<Exchange, 'entry' | 'common'>): string {
  return common ? `${entry.label} as ${common.mapping.objectName}` : entry.label
}

/**
 * Configuration that a capture or a hook brings: seen at once, stored when the call ends. `null` brings the element's
 * default back; what stays as it is makes no change.
 */
export function changeConfiguration(exchange: Exchange, changes: Configuration): void {
  const { configuration } = exchange.instance
  const storable = Object.entries(changes).map(
    ([key, value]) => [storableText(key), value && storableText(value)] as const,
  )
  const different = storable.filter(([key, value]) => (ownValue(configuration, key) || null) !== (value || null))
  if (different.length === 0) return
  const now: Record<string, string | null> = { ...configuration }
  for (const [key, value] of different) {
    exchange.changes[key] = value
    now[key] = value ?? ownValue(exchange.plan.defaults, key) ?? null
  }
  exchange.instance = { ...exchange.instance, configuration: now }
}

/**
 * Goes on with an instance that was refreshed in the middle of a call. What captures and hooks changed until then still
 * counts, but no token: what the refresh brought is newer.
 */
export function takeRefreshed(exchange: Exchange, refreshed: InstanceState): void {
  const kept = Object.entries(exchange.changes).filter(([key]) => !key.startsWith('oauth.user.'))
  exchange.instance = refreshed
  exchange.changes = {}
  changeConfiguration(exchange, Object.fromEntries(kept))
}
