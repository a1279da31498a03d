import { own, type RouteCases, row } from './route-case.ts'

const formula = { id: '{formula}' }
const STEP = { name: 'written', type: 'script', properties: { body: 'done()' } }

/** Workflows of the owner's account, which nobody of another one sees (spec 30 §7). */
export const FORMULA_CASES: RouteCases = {
  'GET /formulas': own(),
  'GET /formulas/:id': row(formula),
  'GET /formulas/:id/export': row(formula),

  'POST /formulas': own({ body: { name: 'written-{serial}', triggers: [{ type: 'manual' }], steps: [STEP] } }),
}
