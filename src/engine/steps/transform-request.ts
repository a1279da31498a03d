import type { Mapping } from '../../transform/mapping.ts'
import { mappingScripts } from '../common/exchange-scripts.ts'
import { noteMapping } from '../common/note-mapping.ts'
import { transformBody } from '../common/transform-records.ts'
import type { Exchange } from '../exchange.ts'
import type { Step } from '../ports.ts'

const WITH_BODY = new Set(['POST', 'PUT', 'PATCH'])

/**
 * The common resource's fields become the vendor's: an object, or each of a list (spec 20 §11 step 4). Files and forms with
 * files go as they are.
 */
export const transformRequest: Step = (exchange, ports) => {
  const { common, call, instance } = exchange
  if (!common || !WITH_BODY.has(call.method) || typeof call.body !== 'object' || call.body === null) return exchange
  const { mapping } = common
  common.ignored = ignoredIn(call.body, mapping)
  // a null of a common resource is no value (spec 20 §9.2); in the words of a hub's model it empties the field
  const keepsNulls = mapping.model !== undefined || instance.configuration['filter.response.nulls'] === 'false'
  const runScript = mappingScripts(exchange, ports)
  const body = transformBody(call.body, { mapping, direction: 'toVendor', keepsNulls, runScript })
  const put = (value: unknown): Exchange => {
    noteMapping(exchange, ports, 'toVendor', value)
    exchange.call = { ...exchange.call, body: value }
    return exchange
  }
  return body instanceof Promise ? body.then(put) : put(body)
}

/** Records that are looked through, and paths that are told. */
const MAX_TOLD = 1_000

function ignoredIn(body: object, mapping: Mapping): string[] {
  const { ignoredIn } = mapping
  if (!ignoredIn) return []
  if (!Array.isArray(body)) return ignoredIn(body)
  const paths = new Set<string>()
  for (const record of body.slice(0, MAX_TOLD)) {
    for (const path of ignoredIn(record)) paths.add(path)
    if (paths.size >= MAX_TOLD) break
  }
  return [...paths]
}
