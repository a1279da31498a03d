import Type from 'typebox'
import type { FormulaContext } from '../../formulas/context.ts'
import { changeExecution, dropNextAttempt, repeatExecution } from '../../formulas/executions/change-execution.ts'
import { ExecutionBody } from '../../formulas/executions/execution-body.ts'
import { CHAIN_HEADER, readChain } from '../../formulas/triggers/chain.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { EXECUTION_ID } from '../openapi/common-parameters.ts'
import { NOTHING, uncheckedBody } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { largeIdOf } from '../query.ts'

const params = Type.Object({ executionId: EXECUTION_ID })
const Change = Type.Object({ status: Type.Literal('cancelled') }, { title: 'FormulaExecutionChange' })
const RETRIES = '/formulas/instances/executions/:executionId/retries'

/** What can be done with an execution that is there (spec 32 §6, §7). */
export function executionChangeRoutes(app: App, { formulas }: { formulas: FormulaContext }): void {
  app.patch(
    '/formulas/instances/executions/:executionId',
    {
      config: { operation: 'executions.cancel' },
      schema: {
        summary: 'Cancel an execution',
        description:
          'At once: no further step begins, a script is ended, a request is given up; what became of that nobody knows. 400 for one that has ended.',
        params,
        body: uncheckedBody({ 'application/json': Change }),
        response: { 200: ExecutionBody },
      },
    },
    async (request) =>
      changeExecution(formulas, callerOf(request), largeIdOf(request.params.executionId), request.body),
  )
  app.put(
    RETRIES,
    {
      config: { operation: 'executions.retry' },
      schema: {
        summary: 'Run an execution again',
        description:
          'A new execution begins with what started this one, of the formula and the instance as they are now. 400 for one that has not ended, or whose formula or instance is not active.',
        params,
        response: { 200: ExecutionBody },
      },
    },
    async (request) => {
      const chain = readChain(request.headers[CHAIN_HEADER])
      return repeatExecution(formulas, callerOf(request), largeIdOf(request.params.executionId), chain)
    },
  )
  app.delete(
    RETRIES,
    {
      config: { operation: 'executions.retry' },
      schema: {
        summary: 'Drop the next attempt of an execution',
        description: 'Of one that `retryFormulaExecution` made wait. 400 for any other.',
        params,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) =>
      empty(reply, dropNextAttempt(formulas, callerOf(request), largeIdOf(request.params.executionId))),
  )
}
