import type { AnswerShape } from './answer-shape.ts'
import type { IdPlace } from './id-place.ts'
import type { Operation } from './place-resource.ts'
import type { ResourcePlan } from './resource-plan.ts'
import type { RouteMark } from './route-marks.ts'
import type { Served } from './served-resources.ts'
import type { Action, Simulation } from './simulation.ts'
import type { BaseAddress } from './vendor-address.ts'
import type { VendorEnvelope } from './vendor-envelope.ts'
import type { VendorPaging } from './vendor-paging.ts'
import type { VendorPath } from './vendor-path.ts'

/**
 * The vendor behind an element, read from the other side of the wire: which paths it answers, how it wraps, pages and
 * names things. Made once per element.
 * Sources of each rule are spec 11 and simulation.yaml.
 */
export interface VendorPlan {
  key: string
  name: string
  simulation: Simulation
  base: BaseAddress
  /** origin that links name */
  origin: string
  resources: Map<string, ResourcePlan>
  /** literal paths before variables: /users/self is not the user "self" */
  routes: VendorRoute[]
  /** what a path below the base gets that nobody declared: 404, or the answer of the closest resource */
  unknownPaths: 'refuse' | 'echo'
}

export interface VendorRoute {
  method: string
  path: VendorPath
  marks: readonly RouteMark[]
  operation: Operation
  resource: ResourcePlan
  /** variables of the path that belong to the base address */
  baseVariables: number
  /** further variables that name the rows above a nested collection */
  parents: number
  id: IdPlace | undefined
  paging: VendorPaging
  envelope: VendorEnvelope
  shape: AnswerShape | undefined
  /** the filter language of this list */
  finder: ResourcePlan['finder']
  /** of the operation `action` */
  action?: Action
  /** absent for paths that only simulation.yaml knows */
  served: Served | undefined
}
