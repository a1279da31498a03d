import type { Where } from '../../ceql/ast.ts'
import type { ResourceCall } from '../../model/exchange.ts'
import type { Mapping } from '../../transform/mapping.ts'

/**
 * Common resources in a call (spec 20 §11): `resolveCommonResource` finds what applies, `translateQuery`, `transformRequest` and
 * `transformReply` let it act. This is what a call is handed of the instance it is for.
 */
export interface CommonResources {
  /** @returns undefined when the name is none of a common resource that is mapped for the instance; at once where it is known */
  mappingOf(objectName: string): Mapping | undefined | Promise<Mapping | undefined>
  /** variable `configuration` of scripts: how they call back into the platform (spec 20 §10.1) */
  scriptConfiguration(): Record<string, string>
  /** how many scripts wait for this call, because one of them made it */
  depth: number
}

/** The common resource that a call names. */
export interface CommonCall {
  mapping: Mapping
  /** as the caller wrote it */
  path: string
  /** as the caller wrote it, in common names: page tokens keep it */
  query: ResourceCall['query']
  /** in common names */
  where: Where | undefined
  /** nothing of `where` goes to the vendor: it is matched here */
  isMatchedHere?: boolean
  /** members of the request that went nowhere */
  ignored?: readonly string[]
}

/** All scripts of the common resource of one request have this long together (spec 20 §10.1). */
export const SCRIPTS_MS = 30_000
