import { ValenceError } from '../../errors.ts'
import type { Step } from '../ports.ts'
import { NOT_EXECUTABLE } from './match-resource.ts'

/**
 * Many vendors list at one address and search at another, with other words around the records and another way to page.
 * A list then names the resource that answers it when there is a `where` (`searchResource`, ours). After `resumePage`,
 * whose token may bring the `where` back; the token stays one of the list that the caller named.
 * @throws ValenceError RESOURCE_NOT_EXECUTABLE
 */
export const chooseSearch: Step = (exchange) => {
  const { search } = exchange.resource
  const where = exchange.call.query['where']
  const text = Array.isArray(where) ? where[0] : where
  if (!search || !text?.trim()) return exchange
  if (search.chain.some(({ notExecutable }) => notExecutable))
    throw new ValenceError('RESOURCE_NOT_EXECUTABLE', NOT_EXECUTABLE)
  exchange.resource = search
  exchange.vendor.method = search.vendorMethod
  return exchange
}
