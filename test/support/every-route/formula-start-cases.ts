import { type RouteCases, row } from './route-case.ts'

const instanceId = '{formulaInstance}'
const body = { message: { events: [{ objectType: 'contact', objectId: 'written', eventType: 'CREATED' }] } }

/** Starts by hand: while the instance is active (spec 32 §2). */
export const FORMULA_START_CASES: RouteCases = {
  'POST /formulas/instances/:instanceId/executions': row({ instanceId }, { body }),
  'POST /formulas/:id/instances/:instanceId/executions': row({ id: '{boundFormula}', instanceId }, { body }),
}
