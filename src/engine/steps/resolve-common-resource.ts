import { type ResolvedPath, resolvePath } from '../common/resolve-path.ts'
import type { Exchange } from '../exchange.ts'
import type { Step } from '../ports.ts'

/**
 * A common resource's name becomes the element's resource, in place of one that the element has by that name (spec 20 §11). The
 * last name of the path says whose records these are; names of parents are translated, too. Where no common resource is
 * named, nothing changes.
 */
export const resolveCommonResource: Step = (exchange) => {
  const { commonResources, plan, call } = exchange
  if (!commonResources) return exchange
  const found = resolvePath(plan, call.path, commonResources.mappingOf)
  return found instanceof Promise ? found.then((resolved) => take(exchange, resolved)) : take(exchange, found)
}

function take(exchange: Exchange, resolved: ResolvedPath | undefined): Exchange {
  if (!resolved) return exchange
  const { call } = exchange
  const { mapping, objectName } = resolved
  if (call.facts) call.facts.commonResource = objectName
  if (mapping) exchange.common = { mapping, path: call.path, query: call.query, where: undefined }
  exchange.call = { ...call, path: resolved.path }
  return exchange
}
