import { sql } from 'kysely'
import type { FormulaContext } from '../context.ts'
import { formulaDb } from '../formula-table.ts'
import { findFormula } from './find-formula.ts'
import type { Viewer } from './visible.ts'

/**
 * Which formulas one may call as sub-formulas (spec 30 §1.6): neither itself nor those that call it, whether at once or by way of others.
 * @throws ValenceError FORMULA_NOT_FOUND
 */
export async function callableBy(
  context: Pick<FormulaContext, 'store'>,
  viewer: Viewer,
  id: number,
): Promise<(id: number) => boolean> {
  await findFormula(context, viewer, id)
  // calls of the whole organization: a circle is one, whoever sees it
  const { rows } = await sql<{ caller: number; called: string | null }>`
    select formulas.id as caller, step->'properties'->>'formulaId' as called
    from formulas, json_array_elements(parts->'steps') as step
    where organization_id = ${viewer.organizationId} and step->>'type' = 'formula'`.execute(formulaDb(context.store))
  const callers = Map.groupBy(rows, ({ called }) => called?.trim())
  const closing = new Set([id])
  for (const one of closing) for (const { caller } of callers.get(String(one)) ?? []) closing.add(caller)
  return (other) => !closing.has(other)
}
