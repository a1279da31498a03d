import type { Element, Resource } from '../model/element.ts'
import type { Configuration, InstanceState } from '../model/instance.ts'
import type { PathTemplate } from './path-template.ts'
import type { ResourceTree } from './resource-tree.ts'
import type { RootPath } from './root-path.ts'
import type { Placing } from './vendor-draft.ts'

/**
 * An element compiled once per version (`compile.ts`): what the pipeline needs, with nothing left to interpret.
 * It holds no instance's values, so one plan serves every instance of the element.
 */
export interface Plan {
  element: Element
  version: string
  /** effective value of every declared key before an instance adds its own */
  defaults: Configuration
  resources: ResourceTree<ResourcePlan>
  /** resources that run at provisioning and the like, by type, in listed order (spec 11 §4.3) */
  lifecycle: ReadonlyMap<string, readonly ResourcePlan[]>
  /** the vendor's base address; placeholders come from parameters, then from the configuration (spec 11 §4.2) */
  baseUrl(configuration: Configuration, pathValues: Readonly<Record<string, string>>): string
  /** `host[:port]` to which credentials of this instance may go (design.md §5) */
  credentialHosts(instance: InstanceState): ReadonlySet<string>
}

export interface ResourcePlan {
  resource: Resource
  /** `GET /contacts`, for messages and metrics */
  label: string
  vendorMethod: string
  vendorPath: PathTemplate
  /** moves every parameter but where, page, pageSize and nextPage from the caller to the vendor request */
  applyParameters: readonly Apply[]
  /** declared CEQL parameter, if any */
  where: WherePlan | undefined
  paging: PagingPlan
  requestRoot: RootPath | undefined
  responseRoot: RootPath | undefined
  /** nobody looks into the records of the answer: they may stay text (`body/slice-json.ts`) */
  keepsText: boolean
  /** why this version cannot run it; calling it answers `NOT_EXECUTABLE` */
  notExecutable: string | undefined
}

export type Apply = (exchange: Placing) => void
export type Place = (exchange: Placing, value: unknown) => void

export interface WherePlan {
  name: string
  required: boolean
  /** name in the converter table of `ceql/targets`, or undefined: the raw text is placed */
  converter: string | undefined
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
