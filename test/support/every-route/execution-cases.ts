import { own, type RouteCases, row } from './route-case.ts'

const instance = { instanceId: '{formulaInstance}' }
const long = { id: '{boundFormula}', ...instance }
const execution = { executionId: '{execution}' }
const step = { stepExecutionId: '{stepExecution}' }

const RANGE = 'accountIds[]={account}&from={yesterday}&to={tomorrow}&interval=hour'
const ofAccount = row({}, { query: RANGE })

/** What ran of formulas (spec 30 §1.4). */
export const EXECUTION_CASES: RouteCases = {
  'GET /formulas/instances/executions': own(),
  'GET /formulas/instances/:instanceId/executions': row(instance),
  'GET /formulas/:id/instances/:instanceId/executions': row(long),
  'GET /formulas/instances/executions/:executionId': row(execution),
  'GET /formulas/:id/instances/:instanceId/executions/:executionId': row({ ...long, ...execution }),
  'GET /formulas/instances/executions/:executionId/steps': row(execution, { query: 'includeValues=true' }),
  'GET /formulas/instances/executions/:executionId/errors': row(execution),
  'GET /formulas/instances/executions/steps/:stepExecutionId': row(step),
  'GET /formulas/instances/executions/steps/:stepExecutionId/values': row(step),
  'GET /formulas/instances/:instanceId/executions/errors': row(instance),
  'GET /formulas/:id/instances/:instanceId/executions/errors': row(long),
  'GET /formulas/:id/instances/executions/errors': row({ id: '{boundFormula}' }),

  'GET /formulas/analytics': ofAccount,
  'GET /formulas/analytics/steps': ofAccount,
  'GET /formulas/analytics/statuses': ofAccount,
  'GET /formulas/analytics/accounts': ofAccount,
  'GET /formulas/analytics/instances': ofAccount,
  'GET /formulas/analytics/statuses/now': ofAccount,

  'PUT /formulas/instances/executions/:executionId/retries': row(execution),
  'PATCH /formulas/instances/executions/:executionId': row(
    { executionId: '{openExecution}' },
    { body: { status: 'cancelled' } },
  ),
  'DELETE /formulas/instances/executions/:executionId/retries': row({ executionId: '{waitingExecution}' }),
}
