import type { Where } from '../../ceql/ast.ts'
import { parseWhere } from '../../ceql/parse.ts'
import { isSaidByParameters } from '../../ceql/targets/query-parameters.ts'
import { bodyConverters, converters } from '../../ceql/targets/table.ts'
import { ValenceError } from '../../errors.ts'
import type { Exchange } from '../exchange.ts'
import type { WherePlan } from '../plan.ts'
import type { Step } from '../ports.ts'
import type { QueryPair } from '../vendor-draft.ts'
import { isRowFilterWanted } from './choose-row-filter.ts'

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
  if (losesConditions(plan, exchange.where) && isRowFilterWanted(exchange)) return exchange
  // of a no-op only a token of a template goes to the vendor
  exchange.sendsWhere = plan.target === 'query' || plan.vendorName !== undefined
  const convert = plan.converter === undefined ? undefined : converters[plan.converter]
  if (convert) placeConverted(exchange, plan, convert(exchange.where, plan.vendorName))
  else plan.place(exchange, text)
  return exchange
}

/** Operators and OR do not fit into parameters; who asked for it has them matched here, on what the vendor lists without a filter. */
function losesConditions({ converter }: WherePlan, where: Where): boolean {
  return converter === 'toQueryParameters' && !isSaidByParameters(where)
}

function placeConverted(exchange: Exchange, plan: WherePlan, pairs: readonly QueryPair[]): void {
  const { vendor, resource, where } = exchange
  // a converter may fill a token of a template instead of a parameter (spec 11 §3.9)
  const tokens = pairs.filter(([name]) => resource.tokens.names.has(name))
  for (const [name, value] of tokens) vendor.tokens[name] = value
  exchange.sendsWhere ||= tokens.length > 0
  const writeBody = bodyConverters[plan.converter ?? '']
  const isBody = tokens.length === 0 && vendor.method !== 'GET' && writeBody !== undefined
  if (isBody && where) vendor.body ??= writeBody(where)
  const rest = pairs.filter((pair) => !tokens.includes(pair))
  ;(plan.target === 'query' && !isBody ? vendor.query : vendor.hookQuery).push(...rest)
}
