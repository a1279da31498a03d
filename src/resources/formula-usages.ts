import Type, { type Static } from 'typebox'
import type { Caller } from '../model/account.ts'

export const FormulaUsage = Type.Object(
  {
    formulaId: Type.Integer(),
    formulaName: Type.String(),
    usageCount: Type.Integer({ description: 'How many steps of the formula call it' }),
  },
  { title: 'FormulaUsage' },
)
export type FormulaUsage = Static<typeof FormulaUsage>

/** Of the room that runs formulas: those, of the ones that a viewer sees, with steps that call a path with the name as one of its segments (spec 20 §5). */
export type FormulaUsages = (
  viewer: Pick<Caller, 'organizationId' | 'accountId' | 'organizationAdmin'>,
  objectName: string,
) => Promise<FormulaUsage[]>
