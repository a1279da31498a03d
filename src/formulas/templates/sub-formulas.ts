import { isRowId } from '../../model/row-id.ts'
import type { FormulaContext } from '../context.ts'
import { type FormulaRow, formulaDb } from '../formula-table.ts'
import { LIMITS } from './limits.ts'
import { formulasSeenBy, type Viewer } from './visible.ts'

/**
 * Formulas that the steps of one call, and those that these call, as far as they are there and the viewer sees them (spec 30 §2.1).
 * @param room of an answer, which they take from: as many as fit
 */
export async function subFormulasOf(
  { store }: Pick<FormulaContext, 'store'>,
  viewer: Viewer,
  formula: FormulaRow,
  room: { bytes: number } = { bytes: LIMITS.shownBytes },
): Promise<FormulaRow[]> {
  const found = new Map([[formula.id, formula]])
  for (let wanted = calledBy([formula]); wanted.length > 0; ) {
    const seen = formulasSeenBy(formulaDb(store), viewer).where('formulas.id', 'in', wanted).orderBy('formulas.id')
    const sizes = await seen.select(['formulas.id', 'size_bytes']).execute()
    const fitting = sizes.filter(({ size_bytes }) => {
      if (size_bytes > room.bytes) return false
      room.bytes -= size_bytes
      return true
    })
    const ids = fitting.map(({ id }) => id)
    const rows = ids.length === 0 ? [] : await seen.where('formulas.id', 'in', ids).selectAll().execute()
    for (const row of rows) found.set(row.id, row)
    wanted = calledBy(rows).filter((id) => !found.has(id))
  }
  found.delete(formula.id)
  return [...found.values()]
}

/** Ids in steps of type `formula`; `-1` stands for one that nobody knows (spec 30 §8). */
export function calledBy(rows: readonly Pick<FormulaRow, 'parts'>[]): number[] {
  const ids = rows.flatMap(({ parts }) =>
    parts.steps.filter(({ type }) => type === 'formula').map(({ properties }) => Number(properties['formulaId'])),
  )
  return [...new Set(ids)].filter(isRowId)
}
