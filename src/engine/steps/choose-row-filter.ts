import type { Where } from '../../ceql/ast.ts'
import { parseWhere } from '../../ceql/parse.ts'
import { renameWhere } from '../../ceql/rename.ts'
import type { Exchange } from '../exchange.ts'
import type { Step } from '../ports.ts'

/**
 * Whether `where` is matched here, row by row (`filterRows`), because nothing of it goes to the vendor: the resource declares no
 * such parameter, one that only hooks see, or one that cannot say it (`translateWhere`). Never unasked: the caller says `Elements-Filter: platform`, or the element
 * `filter.response.where` = `true` (ours).
 *
 * @throws ValenceError QUERY_INVALID
 */
export const chooseRowFilter: Step = (exchange) => {
  const { call, common } = exchange
  exchange.rowFilter = undefined
  const isOurs = common?.isMatchedHere || (call.query['where'] !== undefined && !exchange.sendsWhere)
  if (call.method !== 'GET' || !isOurs || !isRowFilterWanted(exchange)) return exchange
  const where = exchange.common?.where ?? exchange.where ?? parseWhere(String([call.query['where']].flat()[0]))
  exchange.rowFilter = where && withoutMarks(where)
  return exchange
}

/** The caller asks for it, or the element or instance does. */
export function isRowFilterWanted({ call, instance }: Exchange): boolean {
  const asked = [call.headers['elements-filter']].flat()[0]
  return asked?.trim().toLowerCase() === 'platform' || instance.configuration['filter.response.where'] === 'true'
}

/** `items[*].id` is `items.id` for the matcher: a list stands for its items. */
function withoutMarks(where: Where): Where {
  return renameWhere(where, { attribute: (name) => name.replaceAll('[*]', ''), value: (_name, text) => text })
}
