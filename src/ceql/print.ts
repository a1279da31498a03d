import { type Group, isGroup, type Select, type Value, type Where } from './ast.ts'

/** Canonical text of a where-expression; `parseWhere` of it gives an equal tree. */
export function printWhere(where: Where): string {
  switch (where.kind) {
    case 'and':
    case 'or':
      return joinTerms(where, printWhere, where.kind === 'and' ? ' AND ' : ' OR ')
    case 'comparison':
      return `${printName(where.attribute)} ${where.operator} ${printValue(where.value)}`
    case 'membership':
      return `${printName(where.attribute)} ${where.operator} (${where.values.map(printValue).join(', ')})`
    case 'nullTest':
      return `${printName(where.attribute)} ${where.operator}`
  }
}

/** Canonical text of a select statement; `parseSelect` of it gives an equal tree. */
export function printSelect(select: Select): string {
  const { fields, from, where, orderBy, limit } = select
  let text = `SELECT ${fields ? fields.map(printName).join(', ') : '*'} FROM ${printName(from)}`
  if (where) text += ` WHERE ${printWhere(where)}`
  if (orderBy.length > 0) text += ` ORDER BY ${orderBy.map(printOrder).join(', ')}`
  if (limit !== undefined) text += ` LIMIT ${limit}`
  return text
}

/**
 * Joins the terms of a group, with parentheses around every group inside it but an `and` in an `or`, which binds
 * tighter anyway.
 */
export function joinTerms(group: Group, print: (term: Where) => string, connective: string): string {
  return group.terms
    .map((term) => {
      const needsParentheses = isGroup(term) && !(term.kind === 'and' && group.kind === 'or')
      return needsParentheses ? `(${print(term)})` : print(term)
    })
    .join(connective)
}

/** As `joinTerms`, with parentheses around every group inside, for languages in which neither connective binds tighter. */
export function joinNested(group: Group, print: (term: Where) => string, connective: string): string {
  return group.terms.map((term) => (isGroup(term) ? `(${print(term)})` : print(term))).join(connective)
}

function printOrder({ name, direction }: Select['orderBy'][number]): string {
  return direction === 'desc' ? `${printName(name)} DESC` : printName(name)
}

function printValue({ text, type }: Value): string {
  return type === 'text' ? `'${text.replaceAll("'", "''")}'` : text
}

const PLAIN_NAME = /^[\p{L}\p{N}_$.:[\]{}-]+$/u
const KEYWORD = /^(?:select|from|where|order|orderby|by|asc|desc|limit|and|or|not|in|like|is|null)$/i

/** In quotes where it is no plain word. */
export function printName(name: string): string {
  return PLAIN_NAME.test(name) && !KEYWORD.test(name) ? name : `\`${name.replaceAll('`', '``')}\``
}
