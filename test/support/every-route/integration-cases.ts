import { own, type RouteCases, row } from './route-case.ts'

const integration = { id: '{integration}' }
const formula = { ...integration, attachedId: '{boundFormula}' }
const instance = { ...integration, attachedId: '{formulaInstance}' }

/** Formulas and their instances under one name (spec 33 §2). */
export const INTEGRATION_CASES: RouteCases = {
  'GET /integrations': own(),
  'GET /integrations/:id': row(integration),

  'POST /integrations': own({ body: { name: 'written {serial}', stage: 'testing' } }),
  'PUT /integrations/:id': row(integration, { body: { name: 'written', stage: 'production' } }),
  'POST /integrations/:id/formulas/:attachedId': row(formula),
  'POST /integrations/:id/formulas/instances/:attachedId': row(instance),

  'DELETE /integrations/:id/formulas/instances/:attachedId': row(instance),
  'DELETE /integrations/:id/formulas/:attachedId': row(formula),
  'DELETE /integrations/:id': row(integration),
}
