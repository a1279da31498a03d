import { own, type RouteCases, row } from './route-case.ts'

const formula = { id: '{boundFormula}' }
const instance = { ...formula, instanceId: '{formulaInstance}' }

/** Formulas bound to element instances (spec 30 §3). The formula is of an account that nobody but its administrators sees. */
export const FORMULA_INSTANCE_CASES: RouteCases = {
  'GET /formulas/instances': own(),
  'GET /formulas/instances/:instanceId': row({ instanceId: '{formulaInstance}' }),
  'GET /formulas/:id/instances': row(formula),
  'GET /formulas/:id/instances/:instanceId': row(instance),
  'GET /accounts/:accountId/formulas/:formulaId/instances': row({
    accountId: '{account}',
    formulaId: '{boundFormula}',
  }),

  // an administrator makes no instance of what another account wrote; that others may, the journeys show
  'POST /formulas/:id/instances': row(formula, {
    body: { name: 'written', configuration: { crm: '{instance}' } },
    status: 403,
  }),
  'PUT /formulas/:id/instances/:instanceId': row(instance, { body: { settings: { written: 'written' } } }),
  'PUT /formulas/:id/instances/:instanceId/active': row(instance),

  'DELETE /formulas/:id/instances/:instanceId/active': row(instance),
  'DELETE /formulas/instances/:instanceId': row({ instanceId: '{secondFormulaInstance}' }),
  'DELETE /formulas/:id/instances/:instanceId': row({ ...formula, instanceId: '{thirdFormulaInstance}' }),
}
