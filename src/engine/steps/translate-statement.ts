import type { Select } from '../../ceql/ast.ts'
import { parseSelect } from '../../ceql/parse.ts'
import { printSelect } from '../../ceql/print.ts'
import { renameWhere } from '../../ceql/rename.ts'
import { statementConverters } from '../../ceql/targets/table.ts'
import { ValenceError } from '../../errors.ts'
import type { Mapping } from '../../transform/mapping.ts'
import { vendorName } from '../common/vendor-name.ts'
import type { Exchange } from '../exchange.ts'
import type { Plan } from '../plan.ts'
import type { Step } from '../ports.ts'

/** `GET /query`, where an element has it (spec 21 §6). */
export function isStatement({ entry }: Exchange): boolean {
  return entry.label === 'GET /query'
}

/**
 * A select statement whose object is a common resource or a resource of the element becomes one about the vendor's object;
 * records of a common resource come back in its names. Every other statement is the vendor's own and goes as it was written.
 *
 * @throws ValenceError QUERY_INVALID "Error parsing query: …" where the vendor has no language of its own
 */
export const translateStatement: Step = (exchange) => {
  if (!isStatement(exchange)) return exchange
  const text = [exchange.call.query['q']].flat()[0]
  const select = text === undefined ? undefined : selectOf(exchange, text)
  if (!select) return exchange
  const mapping = exchange.commonResources?.mappingOf(select.from)
  return mapping instanceof Promise
    ? mapping.then((known) => translate(exchange, select, known))
    : translate(exchange, select, mapping)
}

/** @returns undefined for a statement that only the vendor can read */
function selectOf(exchange: Exchange, text: string): Select | undefined {
  const writes = statementConverters[converterOf(exchange.entry.resource)] !== undefined
  try {
    return parseSelect(text)
  } catch (error) {
    if (!writes || !(error instanceof ValenceError) || error.code !== 'QUERY_INVALID') throw error
    exchange.statementProblem = error.message
    return undefined
  }
}

function translate(exchange: Exchange, select: Select, mapping: Mapping | undefined): Exchange {
  const { call, plan, entry } = exchange
  const from = nativeName(plan, mapping?.vendorName ?? select.from)
  const write = statementConverters[converterOf(entry.resource)]
  // what the vendor can read stays as it was written; `*` not every language has
  if (!mapping && from === select.from && (select.fields || !write)) return exchange
  if (call.facts && mapping) call.facts.commonResource = select.from
  if (mapping) exchange.common = { mapping, path: call.path, query: call.query, where: undefined }
  const renamed = mapping ? inVendorNames(select, mapping) : select
  exchange.call = { ...call, query: { ...call.query, q: (write ?? printSelect)({ ...renamed, from }) } }
  return exchange
}

function inVendorNames(select: Select, mapping: Mapping): Select {
  const rename = (name: string) => vendorName(mapping, name)
  const all = mapping.fields.map(({ vendorPath }) => vendorPath.replaceAll('[*]', ''))
  const { fields = all, where, orderBy } = select
  const wanted = [...new Set(fields.map(rename))]
  return {
    ...select,
    ...(wanted.length > 0 ? { fields: wanted } : {}),
    ...(where
      ? { where: renameWhere(where, { attribute: rename, value: (name, value) => mapping.vendorValue(name, value) }) }
      : {}),
    orderBy: orderBy.map(({ name, direction }) => ({ name: rename(name), direction })),
  }
}

/** What the vendor calls the records of a resource: its member `vendorObjectName`. */
function nativeName(plan: Plan, name: string): string {
  const found = plan.resources.find('GET', `/${encodeURIComponent(name)}`)?.value.resource
  const native = found?.['vendorObjectName']
  return typeof native === 'string' && found?.path.endsWith(`/${name}`) ? native : name
}

function converterOf({ parameters = [] }: Exchange['entry']['resource']): string {
  return parameters.find(({ type, name }) => type === 'query' && name === 'q')?.converter ?? ''
}
