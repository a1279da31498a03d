import type { Call } from './call.ts'
import { formFields } from './call.ts'
import { decodeBody } from './decode-body.ts'
import { readPath } from './dotted-path.ts'
import { compareValues, cutPage } from './list-rows.ts'
import { QueryProblem } from './query-problem.ts'
import type { Answer } from './render-answer.ts'
import { queryParameters, type ResourceCall } from './resource-call.ts'
import type { ResourcePlan } from './resource-plan.ts'
import { filterFields } from './row-fields.ts'
import { readCondition, readSelect, type SelectStatement } from './select-statement.ts'
import type { Row } from './simulation.ts'
import { isRow } from './vendor-envelope.ts'

type Rules = NonNullable<ResourcePlan['statement']>

/**
 * One path that answers statements about all collections: `/query?q=SELECT Id, Name FROM Contact WHERE … LIMIT 10`.
 * @throws QueryProblem when the statement cannot be read or asks for more than the vendor gives
 */
export function answerStatement(request: ResourceCall): Answer {
  const { call, route, resource, plan, state } = request
  const rules = resource.statement ?? { parameter: 'q' }
  const statement = readSelect(rules.parameter, statementText(call, rules.parameter))
  const target = [...plan.resources.values()].find(
    ({ object }) => object?.toLowerCase() === statement.object.toLowerCase(),
  )
  if (!target)
    throw new QueryProblem(rules.parameter, `sObject type '${statement.object}' is not supported.`, 'INVALID_TYPE')
  checkLimits(statement, rules)
  const selected = selectedFields(statement, target, rules)
  const found = inOrder(matching(state.rows(target, ''), statement, target, rules), statement, target, rules)
  const end = statement.limit === undefined ? undefined : statement.offset + statement.limit
  const page = cutPage(found.slice(statement.offset, end), queryParameters(call), route.paging)
  const isCount = statement.fields.length === 1 && /^count\(\s*\)$/i.test(statement.fields[0] ?? '')
  const shown = isCount ? [] : page.rows.map((row) => target.dress(row, selected))
  const rows = rules.flat ? shown.map(flatRow) : shown
  const facts = {
    type: target.type,
    count: rows.length,
    total: page.total,
    hasMore: page.next !== undefined,
    nextPosition: page.next,
    position: page.position,
  }
  return { status: 200, body: route.envelope.list(rows, facts), value: rows }
}

/** Columns in small letters, references as their ids, T and F for booleans. */
function flatRow(row: Row): Row {
  const flat = (value: unknown) => {
    if (typeof value === 'boolean') return value ? 'T' : 'F'
    return isRow(value) && 'id' in value ? value.id : value
  }
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toLowerCase(), flat(value)]))
}

function statementText(call: Call, parameter: string): string {
  const given =
    call.query.get(parameter) ?? formFields(call)?.get(parameter) ?? readPath(decodeBody(call).value, parameter)
  if (typeof given === 'string' && given.trim() !== '') return given
  throw new QueryProblem(parameter, `a statement is expected in "${parameter}"`, 'MALFORMED_QUERY')
}

function checkLimits({ fields, limit, offset }: SelectStatement, { parameter, maxOffset, maxAllFields }: Rules): void {
  if (maxOffset !== undefined && offset > maxOffset)
    throw new QueryProblem(parameter, `Maximum SOQL offset allowed is ${maxOffset}`, 'NUMBER_OUTSIDE_VALID_RANGE')
  const isAll = fields.some((name) => /^fields\((all|custom)\)$/i.test(name))
  if (isAll && maxAllFields !== undefined && (limit ?? Number.POSITIVE_INFINITY) > maxAllFields)
    throw new QueryProblem(
      parameter,
      `The SOQL FIELDS function must have a LIMIT of at most ${maxAllFields}`,
      'MALFORMED_QUERY',
    )
}

function selectedFields(
  { fields }: SelectStatement,
  target: ResourcePlan,
  { parameter }: Rules,
): Set<string> | undefined {
  if (fields.some((name) => /^(\*|fields\((all|standard|custom)\)|count\(\s*\))$/i.test(name))) return undefined
  const names = new Map([...target.fields.keys(), target.idField].map((name) => [name.toLowerCase(), name]))
  return new Set(
    fields.map((name) => {
      const own = names.get((name.split('.')[0] ?? '').toLowerCase())
      if (own === undefined) throw noColumn(parameter, name, target)
      return own
    }),
  )
}

function matching(rows: readonly Row[], { where }: SelectStatement, target: ResourcePlan, { parameter }: Rules): Row[] {
  if (where === undefined) return [...rows]
  return rows.filter(readCondition(parameter, where, filterFields(target.fields, target.finder?.aliases)))
}

function inOrder(rows: Row[], { order }: SelectStatement, target: ResourcePlan, { parameter }: Rules): Row[] {
  const fields = filterFields(target.fields)
  const terms = order.map(({ field, isDescending }) => {
    const read = fields.reader(field)
    if (!read) throw noColumn(parameter, field, target)
    return { read, sign: isDescending ? -1 : 1 }
  })
  return rows.sort((a, b) => {
    for (const { read, sign } of terms) {
      const difference = compareValues(read(a)[0], read(b)[0])
      if (difference !== 0) return sign * difference
    }
    return 0
  })
}

function noColumn(parameter: string, name: string, { object }: ResourcePlan): QueryProblem {
  return new QueryProblem(parameter, `No such column '${name}' on entity '${object}'.`, 'INVALID_FIELD')
}
