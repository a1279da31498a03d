import Type, { type Static } from 'typebox'
import type { AccountOwner } from './level-owner.ts'

export const FormulaUsage = Type.Object(
  {
    formulaId: Type.Integer(),
    formulaName: Type.String(),
    usageCount: Type.Integer({ description: 'How many steps of the formula call it' }),
  },
  { title: 'FormulaUsage' },
)
export type FormulaUsage = Static<typeof FormulaUsage>

/** Of the room that runs formulas: whose steps call a path that has the name as one of its segments (spec 20 §5). */
export type FormulaUsages = (owner: AccountOwner, objectName: string) => Promise<FormulaUsage[]>

export const NO_FORMULA_USAGES: FormulaUsages = async () => []
