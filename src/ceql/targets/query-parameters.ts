import { type Condition, conditionsOf, isGroup, type Where } from '../ast.ts'

/**
 * Converter `toQueryParameters`: every condition becomes one vendor query parameter, whatever its operator; OR and
 * grouping are ignored, IN values are joined with commas, IS NULL gives an empty value, and an attribute used twice
 * gives the parameter twice (spec 21 §2.2).
 *
 * @returns [name, value] in reading order, neither of them URL-encoded
 */
export function toQueryParameters(where: Where): [name: string, value: string][] {
  return conditionsOf(where).map((condition) => [condition.attribute, textOf(condition)])
}

/** Whether parameters say all of it: values that attributes have, all of which must hold. What they drop is ignored by the format. */
export function isSaidByParameters(where: Where): boolean {
  if (isGroup(where)) return where.kind === 'and' && where.terms.every(isSaidByParameters)
  return where.kind !== 'nullTest' && (where.operator === '=' || where.operator === 'IN')
}

function textOf(condition: Condition): string {
  switch (condition.kind) {
    case 'comparison':
      return condition.value.text
    case 'membership':
      return condition.values.map((value) => value.text).join(',')
    case 'nullTest':
      return ''
  }
}
