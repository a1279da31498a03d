import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { type Condition, conditionsOf, isGroup, type Value, type Where } from '../ceql/ast.ts'
import { parseWhere } from '../ceql/parse.ts'
import { ValenceError } from '../errors.ts'

/** What deliveries can be looked for by (spec 41 §4): columns of `deliveries` as `d`, and of `subscriptions` as `s`. */
const FIELDS: Readonly<Record<string, { column: RawBuilder<unknown>; type: 'text' | 'number' }>> = {
  channel: { column: sql.ref('s.channel'), type: 'text' },
  status: { column: sql.ref('d.status'), type: 'text' },
  'config.url': { column: sql.ref('s.url'), type: 'text' },
  'config.to': { column: sql`(s.config::json ->> 'to')`, type: 'text' },
  id: { column: sql.ref('d.id'), type: 'number' },
  notificationId: { column: sql.ref('d.notification_id'), type: 'number' },
  subscriptionId: { column: sql.ref('d.subscription_id'), type: 'number' },
  instanceId: { column: sql.ref('s.instance_id'), type: 'number' },
}
const MAX_CONDITIONS = 100

export interface DeliveryFilter {
  condition: RawBuilder<SqlBool>
  /** whether it says something of this field */
  names(field: string): boolean
}

/**
 * A `where` as a condition of the database: an account may have millions of deliveries.
 *
 * @returns undefined for none
 * @throws ValenceError QUERY_INVALID, also for a field that deliveries do not have
 */
export function whereDeliveries(text: string): DeliveryFilter | undefined {
  const where = parseWhere(text)
  if (!where) return undefined
  const conditions = conditionsOf(where)
  if (conditions.length > MAX_CONDITIONS) {
    throw new ValenceError('QUERY_INVALID', `where: at most ${MAX_CONDITIONS} conditions, got ${conditions.length}`)
  }
  return {
    condition: toSql(where),
    names: (field) => conditions.some(({ attribute }) => attribute === field),
  }
}

function toSql(where: Where): RawBuilder<SqlBool> {
  if (!isGroup(where)) return conditionOf(where)
  return sql`(${sql.join(where.terms.map(toSql), where.kind === 'and' ? sql` and ` : sql` or `)})`
}

function conditionOf(condition: Condition): RawBuilder<SqlBool> {
  const { attribute } = condition
  const field = Object.hasOwn(FIELDS, attribute) ? FIELDS[attribute] : undefined
  if (!field) {
    const names = Object.keys(FIELDS).join(', ')
    throw new ValenceError('QUERY_INVALID', `where: deliveries have no "${attribute}"; they can be found by ${names}`)
  }
  const { column, type } = field
  if (condition.kind === 'nullTest') {
    return condition.operator === 'IS NULL' ? sql`${column} is null` : sql`${column} is not null`
  }
  const read = (value: Value) => (type === 'number' ? numberOf(attribute, value) : sql`${value.text}::text`)
  if (condition.kind === 'membership') {
    const isMember = sql<SqlBool>`${column} in (${sql.join(condition.values.map(read))})`
    return condition.operator === 'IN' ? isMember : sql`not coalesce(${isMember}, false)`
  }
  const value = read(condition.value)
  switch (condition.operator) {
    case '!=':
      return sql`${column} is distinct from ${value}`
    case 'LIKE':
      return sql`${column}::text like ${pattern(condition.value)}`
    case 'NOT LIKE':
      return sql`not coalesce(${column}::text like ${pattern(condition.value)}, false)`
    default:
      return sql`${column} ${sql.raw(condition.operator)} ${value}`
  }
}

/** Only `%` is special in CEQL. */
function pattern({ text }: Value): string {
  return text.replace(/[\\_]/g, '\\$&')
}

function numberOf(attribute: string, { text }: Value): RawBuilder<unknown> {
  if (!/^-?\d{1,15}$/.test(text)) {
    throw new ValenceError('QUERY_INVALID', `where: ${attribute} is a whole number, got "${text.slice(0, 100)}"`)
  }
  return sql`${Number(text)}::bigint`
}
