import { conditionsOf, type Where } from '../../ceql/ast.ts'
import { type ExpressionRow, expressionOf } from '../../ceql/expression.ts'
import { fromExpression } from '../../ceql/from-expression.ts'
import { parseWhere } from '../../ceql/parse.ts'
import { printWhere } from '../../ceql/print.ts'
import { renameList, renameOrder, renameWhere } from '../../ceql/rename.ts'
import { ValenceError } from '../../errors.ts'
import type { ResourceCall } from '../../model/exchange.ts'
import { isObject } from '../../model/is-object.ts'
import type { Mapping } from '../../transform/mapping.ts'
import type { CommonCall } from '../common/common-resources.ts'
import { mappingScripts } from '../common/exchange-scripts.ts'
import { noteMapping } from '../common/note-mapping.ts'
import { vendorName } from '../common/vendor-name.ts'
import type { Exchange } from '../exchange.ts'
import type { Ports, Step } from '../ports.ts'
import { isRowFilterWanted } from './choose-row-filter.ts'
import { isStatement } from './translate-statement.ts'

/**
 * `where`, `fields` and `orderBy` in the names of a common resource become the vendor's (spec 20 §11.1). Names that are not
 * mapped stay; what they mean the vendor decides. After `resumePage`, whose token brings back the caller's own query.
 *
 * @throws ValenceError QUERY_INVALID
 */
export const translateQuery: Step = (exchange, ports) => {
  const { common, call } = exchange
  // a statement was translated as a whole
  if (!common || isStatement(exchange)) return exchange
  const { mapping } = common
  const rename = (name: string) => vendorName(mapping, name)
  const query = { ...call.query }
  common.query = call.query
  if (query['fields'] !== undefined) query['fields'] = renameList(String(query['fields']), rename)
  if (query['orderBy'] !== undefined) query['orderBy'] = renameOrder(String(query['orderBy']), rename)
  exchange.call = { ...call, query }
  const text = [call.query['where']].flat()[0]
  common.where = text === undefined ? undefined : parseWhere(text)
  return common.where ? translateWhere(exchange, common, common.where, query, ports) : exchange
}

function translateWhere(
  exchange: Exchange,
  common: CommonCall,
  where: Where,
  query: ResourceCall['query'],
  ports: Ports,
): Exchange | Promise<Exchange> {
  const { mapping } = common
  assertKnown(exchange, mapping, where)
  if (isMatchedHere(exchange, mapping, where)) {
    common.isMatchedHere = true
    delete query['where']
    return exchange
  }
  const renamed = renameWhere(where, {
    attribute: (name) => vendorName(mapping, name),
    value: (name, value) => mapping.vendorValue(name, value),
  })
  // what nothing changed stays the caller's own text
  if (renamed !== where) query['where'] = printWhere(renamed)
  if (!mapping.runsOnWhere || !mapping.script) return exchange
  return runOnWhere(exchange, mapping, where, renamed, query, ports)
}

/** Many vendors ignore a parameter that they do not know, and would answer everything. */
function assertKnown({ plan }: Exchange, { objectName, lacks }: Mapping, where: Where): void {
  const lacked = lacks && conditionsOf(where).find(({ attribute }) => lacks(attribute))
  if (!lacked) return
  const { name, hub } = plan.element
  throw new ValenceError(
    'QUERY_INVALID',
    `where: ${name} has no "${lacked.attribute}" of ${objectName}; GET /hubs/${hub}/coverage says by what it filters`,
  )
}

/** The same of one that it has and does not filter by, unless the caller wants it matched here. */
function isMatchedHere(exchange: Exchange, { objectName, isNoFilter }: Mapping, where: Where): boolean {
  const field = isNoFilter && conditionsOf(where).find(({ attribute }) => isNoFilter(attribute))
  if (!field || isRowFilterWanted(exchange)) return field !== undefined
  const { name, hub } = exchange.plan.element
  throw new ValenceError(
    'QUERY_INVALID',
    `where: ${name} does not filter ${objectName} by "${field.attribute}"; GET /hubs/${hub}/coverage says by what it does, Elements-Filter: platform has it done here, page by page`,
  )
}

/** The query run of a script (spec 20 §10.3): its rows replace the query. */
async function runOnWhere(
  exchange: Exchange,
  mapping: Mapping,
  where: Where,
  renamed: Where,
  query: ResourceCall['query'],
  ports: Ports,
): Promise<Exchange> {
  const record = {
    originalObject: { where: expressionOf(where) },
    transformedObject: { where: expressionOf(renamed) },
  }
  const [result] = await mappingScripts(exchange, ports)(mapping, 'where', [record])
  noteMapping(exchange, ports, 'where', result)
  const given = isObject(result) ? result['where'] : undefined
  const before = record.transformedObject.where
  if (!Array.isArray(given) || isSame(given, before)) return exchange
  const after = fromExpression(given, renamed)
  if (after) query['where'] = printWhere(after)
  else delete query['where']
  return exchange
}

function isSame(rows: readonly unknown[], before: readonly ExpressionRow[] | null): boolean {
  return JSON.stringify(rows) === JSON.stringify(before)
}
