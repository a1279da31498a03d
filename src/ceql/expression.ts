import { type Condition, conditionsOf, type Where } from './ast.ts'

/** One condition as hooks see it; `value` is an array for IN and NOT IN, empty for IS NULL and IS NOT NULL. */
export interface ExpressionRow {
  attribute: string
  operator: Condition['operator']
  value: string | string[]
}

/**
 * The hook variable `request_expression`: every condition in reading order, values without quotes, AND, OR and
 * grouping left out (spec 21 §2.1).
 *
 * @returns exactly null without a where, real hooks compare with `=== null`
 */
export function expressionOf(where: Where | undefined): ExpressionRow[] | null {
  return where === undefined ? null : conditionsOf(where).map(rowOf)
}

function rowOf(condition: Condition): ExpressionRow {
  return { attribute: condition.attribute, operator: condition.operator, value: textOf(condition) }
}

function textOf(condition: Condition): string | string[] {
  switch (condition.kind) {
    case 'comparison':
      return condition.value.text
    case 'membership':
      return condition.values.map((value) => value.text)
    case 'nullTest':
      return ''
  }
}
