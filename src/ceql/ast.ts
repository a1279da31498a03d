/**
 * CEQL, the language of `where` and of bulk `select` statements (spec 21). Start reading at parse.ts; print.ts is its
 * inverse; match.ts evaluates a tree over a JSON row; expression.ts is what hooks see; targets/ writes vendor queries.
 * Nothing here knows an element, an object or a column type.
 */
export type Where = Group | Condition

/** Two or more terms; `and` binds tighter. Parentheses leave no trace but the nesting. */
export interface Group {
  kind: 'and' | 'or'
  terms: Where[]
}

export type Condition = Comparison | Membership | NullTest

export interface Comparison {
  kind: 'comparison'
  /** one name, dots included */
  attribute: string
  operator: '=' | '!=' | '<' | '>' | '<=' | '>=' | 'LIKE' | 'NOT LIKE'
  value: Value
}

export interface Membership {
  kind: 'membership'
  attribute: string
  operator: 'IN' | 'NOT IN'
  /** at least one */
  values: Value[]
}

export interface NullTest {
  kind: 'nullTest'
  attribute: string
  operator: 'IS NULL' | 'IS NOT NULL'
}

/**
 * `text` is what the caller wrote, without quotes. Only an unquoted JSON number or `true`/`false` (in any case) is not
 * `text`: the caller left its type to the column (spec 21 §1.1). Dates are text.
 */
export interface Value {
  text: string
  type: 'text' | 'number' | 'boolean'
}

export interface Select {
  /** absent for `*` */
  fields?: string[]
  from: string
  where?: Where
  orderBy: { name: string; direction: 'asc' | 'desc' }[]
  limit?: number
}

export function isGroup(where: Where): where is Group {
  return where.kind === 'and' || where.kind === 'or'
}

/** Every condition in reading order, whatever joins them. */
export function conditionsOf(where: Where): Condition[] {
  const conditions: Condition[] = []
  collect(where, conditions)
  return conditions
}

function collect(where: Where, into: Condition[]): void {
  if (isGroup(where)) for (const term of where.terms) collect(term, into)
  else into.push(where)
}
