import { type Condition, conditionsOf, type Where } from '../ast.ts'

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
