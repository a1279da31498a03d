import { ValenceError } from '../../errors.ts'
import { oldOperationId } from './operation-id.ts'
import { reached, referencesIn } from './references.ts'
import { type Api, type Method, operationsOf, type PathItem, type SwaggerOperation } from './swagger.ts'

/** An operation and its place in the document. */
export interface Placed {
  path: string
  method: Method
  operation: SwaggerOperation
}

/**
 * One operation by its id, in the newer or the older spelling (spec 23 §A1).
 * @throws ValenceError NOT_FOUND (404)
 */
export function findOperation(api: Api, id: string): Placed {
  for (const placed of operationsOf(api))
    if (placed.operation.operationId === id || oldOperationId(placed.method, placed.path) === id) return placed
  throw new ValenceError(
    'NOT_FOUND',
    `There is no operation "${id}"; the whole document lists them in its operationIds`,
  )
}

/** The document of these operations alone: their paths, and the definitions that they need. */
export function onlyOperations(api: Api, operations: readonly Placed[]): Api {
  const paths = new Map<string, PathItem>()
  for (const { path, method, operation } of operations) paths.set(path, { ...paths.get(path), [method]: operation })
  const tags = new Set(operations.flatMap(({ operation }) => operation.tags))
  return {
    ...api,
    tags: api.tags.filter(({ name }) => tags.has(name)),
    paths: Object.fromEntries(paths),
    definitions: reached(referencesIn(operations.map(({ operation }) => operation)), api.definitions),
  }
}
