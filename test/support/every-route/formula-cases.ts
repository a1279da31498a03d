import { own, type RouteCases, row } from './route-case.ts'

const formula = { id: '{formula}' }
const STEP = { type: 'script', properties: { body: 'done()' } }
const LISTS: readonly { list: string; partId: string; secondId: string; body: object }[] = [
  { list: 'steps', partId: '31', secondId: '32', body: { ...STEP, name: 'written-{serial}' } },
  { list: 'triggers', partId: '21', secondId: '22', body: { type: 'manual' } },
  { list: 'configuration', partId: '11', secondId: '12', body: { type: 'value', key: 'written-{serial}' } },
]

/** Workflows of the owner's account, which nobody of another one sees (spec 30 §7). */
export const FORMULA_CASES: RouteCases = {
  'GET /formulas': own(),
  'GET /formulas/:id': row(formula),
  'GET /formulas/:id/export': row(formula),
  'GET /formulas/:id/docs': row({ id: '{resourceFormula}' }),

  'POST /formulas': own({ body: { name: 'written-{serial}', triggers: [{ type: 'manual' }] } }),
  'PUT /formulas/:id': row(formula, { body: { name: 'written-{serial}' } }),
  'PATCH /formulas/:id': row(formula, { body: { description: 'written' } }),
  'PUT /formulas/:id/upgrade/v3': row(formula),
  'PUT /formulas/:id/monitored': row(formula),

  ...Object.fromEntries(
    LISTS.flatMap(({ list, partId, secondId, body }) => [
      [`GET /formulas/:id/${list}`, row(formula)],
      [`GET /formulas/:id/${list}/:partId`, row({ ...formula, partId })],
      [`POST /formulas/:id/${list}`, row(formula, { body })],
      [`PUT /formulas/:id/${list}/:partId`, row({ ...formula, partId }, { body })],
      [`DELETE /formulas/:id/${list}/:partId`, row({ ...formula, partId: secondId })],
    ]),
  ),
  'DELETE /formulas/:id/upgrade/v3': row(formula),
  'DELETE /formulas/:id/monitored': row(formula),
  'DELETE /formulas/:id': row({ id: '{secondFormula}' }),
}
