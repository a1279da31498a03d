import { parseWhere } from '../../ceql/parse.ts'
import { bodyConverters, converters } from '../../ceql/targets/table.ts'
import { ValenceError } from '../../errors.ts'
import type { Exchange } from '../exchange.ts'
import type { WherePlan } from '../plan.ts'
import type { Step } from '../ports.ts'
import type { QueryPair } from '../vendor-draft.ts'

/**
 * CEQL becomes the vendor's own filter (spec 21 §2). A resource that declares no `where` ignores it.
 * @throws ValenceError QUERY_INVALID, PARAMETER_MISSING
 */
export const translateWhere: Step = (exchange) => {
  const { where: plan, hasHooks, label } = exchange.resource
  // without a declared parameter it is ignored, but hooks still see it
  if (!plan && !hasHooks) return exchange
  const given = exchange.call.query[plan?.name ?? 'where']
  const text = Array.isArray(given) ? given[0] : given
  exchange.where = text === undefined ? undefined : parseWhere(text)
  if (!plan) return exchange
  if (!exchange.where) {
    if (plan.required) throw new ValenceError('PARAMETER_MISSING', `${label}: "${plan.name}" is required`)
    return exchange
  }
  const convert = plan.converter === undefined ? undefined : converters[plan.converter]
  if (convert) placeConverted(exchange, plan, convert(exchange.where))
  else plan.place(exchange, text)
  return exchange
}

function placeConverted({ vendor, resource, where }: Exchange, plan: WherePlan, pairs: readonly QueryPair[]): void {
  let fillsToken = false
  for (const [name, value] of pairs) {
    // a converter may fill a token of a template instead of a parameter (spec 11 §3.9)
    if (resource.tokens.names.has(name)) {
      vendor.tokens[name] = value
      fillsToken = true
    } else {
      ;(plan.target === 'query' ? vendor.query : vendor.hookQuery).push([name, value])
    }
  }
  if (!fillsToken && where && vendor.method !== 'GET') {
    vendor.body ??= bodyConverters[plan.converter ?? '']?.(where)
  }
}
