import { type Condition, isGroup, type Value, type Where } from './ast.ts'

/** How names and values of one side become those of the other. */
export interface Renaming {
  attribute(name: string): string
  /** @param name of the condition, before it was renamed */
  value(name: string, text: string): string
}

/**
 * The same question in other names: every attribute and value of a where-expression is replaced (spec 20 §11.1).
 *
 * @returns `where` itself when nothing in it changed: the caller's own text says it then
 */
export function renameWhere(where: Where, renaming: Renaming): Where {
  if (!isGroup(where)) return renameCondition(where, renaming)
  const terms = where.terms.map((term) => renameWhere(term, renaming))
  return terms.some((term, at) => term !== where.terms[at]) ? { ...where, terms } : where
}

function renameCondition(condition: Condition, renaming: Renaming): Condition {
  const attribute = renaming.attribute(condition.attribute)
  const isSame = attribute === condition.attribute
  switch (condition.kind) {
    case 'nullTest':
      return isSame ? condition : { ...condition, attribute }
    case 'comparison': {
      const value = renameValue(condition.value, condition.attribute, renaming)
      return isSame && value === condition.value ? condition : { ...condition, attribute, value }
    }
    case 'membership': {
      const values = condition.values.map((value) => renameValue(value, condition.attribute, renaming))
      const areSame = values.every((value, at) => value === condition.values[at])
      return isSame && areSame ? condition : { ...condition, attribute, values }
    }
  }
}

/** What is not the number that the caller wrote is text. */
function renameValue(value: Value, name: string, renaming: Renaming): Value {
  const text = renaming.value(name, value.text)
  return text === value.text ? value : { text, type: 'text' }
}

/** Names of an order, comma-separated, each with `asc`, `desc` or a leading `!` kept (spec 21 §4). */
export function renameOrder(orderBy: string, rename: (name: string) => string): string {
  return renameList(orderBy, (entry) => {
    const [, sign = '', name = '', direction = ''] = /^(!?\s*)(.*?)(\s+(?:asc|desc))?$/is.exec(entry) ?? []
    return sign + rename(name) + direction
  })
}

/** A comma list of names; blanks around them do not matter (spec 21 §3). */
export function renameList(list: string, rename: (name: string) => string): string {
  return list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(rename)
    .join(',')
}
