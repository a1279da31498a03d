import type { Element, Resource } from '../model/element.ts'
import type { Configuration, InstanceState } from '../model/instance.ts'
import type { Capture } from './captures.ts'
import type { PathTemplate } from './path-template.ts'
import type { ResourceTree } from './resource-tree.ts'
import type { RootPath } from './root-path.ts'
import type { Tokens } from './tokens.ts'
import type { Placing } from './vendor-draft.ts'

/**
 * An element compiled once per version (`compile.ts`): what the pipeline needs, with nothing left to interpret.
 * It holds no instance's values, so one plan serves every instance of the element.
 */
export interface Plan {
  element: Element
  /** effective value of every declared key before an instance adds its own */
  defaults: Configuration
  /** what a hub call reaches */
  resources: ResourceTree<ResourcePlan>
  /** resources that run at provisioning and the like, by type, in listed order (spec 11 §4.3) */
  lifecycle: ReadonlyMap<string, readonly ResourcePlan[]>
  /** keys that scripts see as booleans (spec 11 §6.3) */
  booleanKeys: ReadonlySet<string>
  /** the vendor's base address; placeholders come from parameters, then from the configuration (spec 11 §4.2) */
  baseUrl(configuration: Configuration, pathValues: Readonly<Record<string, string>>): string
  /** `host[:port]` to which credentials of this instance may go (design.md §5) */
  credentialHosts(instance: InstanceState): ReadonlySet<string>
}

export interface ResourcePlan {
  resource: Resource
  /** `GET /contacts`, for messages and metrics */
  label: string
  /** `/hubs/crm`, which scripts see before the path even when the caller omitted it */
  hubPrefix: string
  vendorMethod: string
  vendorPath: PathTemplate
  /** moves every parameter but where, page, pageSize and nextPage from the caller to the vendor request */
  applyParameters: readonly Apply[]
  /** declared CEQL parameter, if any */
  where: WherePlan | undefined
  paging: PagingPlan
  /** the resource of the element that answers a list when the caller gives a `where` (`searchResource`) */
  search: ResourcePlan | undefined
  requestRoot: RootPath | undefined
  responseRoot: RootPath | undefined
  /** a GET whose model says that it answers a list */
  answersList: boolean
  /** its model is a file, and no script looks into it: whatever type it has, it goes through as it is */
  answersFile: boolean
  /** an empty answer (204) of this GET is an empty list: its model says list, or it is a collection with a response root */
  emptyIsList: boolean
  /** names in braces that templates may carry */
  tokens: Tokens
  captures: readonly Capture[]
  hooks: {
    /** global, then the resource's own; each reads what the one before it changed */
    pre: readonly HookPlan[]
    globalPost: HookPlan | undefined
    resourcePost: HookPlan | undefined
  }
  hasHooks: boolean
  /** false for calls of the token endpoint, which get their credentials from parameters (spec 11 §4.3) */
  addsCredentials: boolean
  /** this resource and those that its `nextResource` leads to; one more than allowed when there are too many */
  chain: readonly ResourcePlan[]
  /** nobody looks into the records of the answer: they may stay text (`body/slice-json.ts`) */
  keepsText: boolean
  /** why this version cannot run it; calling it answers `NOT_EXECUTABLE` */
  notExecutable: string | undefined
}

/** A hook as the pipeline runs it. */
export interface HookPlan {
  /** `preRequest hook of GET /contacts` */
  label: string
  body: string
  isLegacy: boolean
  /** only what the script names is made and handed over: whole answers are not copied for nothing */
  variables: readonly string[]
}

export type Apply = (exchange: Placing) => void
export type Place = (exchange: Placing, value: unknown) => void

export interface WherePlan {
  name: string
  required: boolean
  /** name in the converter table of `ceql/targets`, or undefined: the raw text is placed */
  converter: string | undefined
  /** parameter or token that takes the converter's one text, where the element names it */
  vendorName: string | undefined
  /** where the converter's pairs go: into the vendor's query, or only before the eyes of hooks (spec 11 §3.9) */
  target: 'query' | 'hooks'
  place: Place
}

export interface PagingPlan {
  /** `vendor`: the vendor pages; `platform`: we fetch all and cut; `none`: everything is returned */
  by: 'vendor' | 'platform' | 'none'
  placePage: Place | undefined
  placePageSize: Place | undefined
  placeNextPage: Place | undefined
  /** vendor name of the page parameter, which may ask for an offset whatever the type says */
  pageName: string | undefined
  nextPageKey: NextPageKey | undefined
  /** what must not be false, 0, empty or missing for there to be a next page */
  hasMoreKey: NextPageKey | undefined
}

export interface NextPageKey {
  from: 'body' | 'header'
  /** header name; empty for `body` */
  header: string
  /** paths to try in the raw body, in this order */
  paths: readonly RootPath[]
  /** the value found is a URL; take this query parameter of it */
  parameter: string | undefined
}
