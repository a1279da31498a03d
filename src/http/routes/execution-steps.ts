import Type from 'typebox'
import { StepExecutionBody, StepValueBody } from '../../formulas/executions/execution-body.ts'
import { listStepErrors } from '../../formulas/executions/read-errors.ts'
import { listSteps, listStepValues, readStep, shownValues } from '../../formulas/executions/read-steps.ts'
import type { ReadingContext } from '../../formulas/executions/reading-context.ts'
import { answerPage } from '../answer-list.ts'
import type { App } from '../app.ts'
import { EXECUTION_ID, PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, flag, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { isTrue, largeIdOf, type Query } from '../query.ts'

const ofExecution = Type.Object({ executionId: EXECUTION_ID })
const ofStep = Type.Object({ stepExecutionId: Type.String({ description: 'Id of the visit of a step' }) })

const SHORTER = 'A page of large values is shorter than asked for.'

/** Visits of steps, with what each came to (spec 32 §3). */
export function executionStepRoutes(
  app: App,
  { executions, signer }: { executions: ReadingContext; signer: TokenSigner },
): void {
  const config = { operation: 'executions.read' as const }

  app.get(
    '/formulas/instances/executions/:executionId/steps',
    {
      config,
      schema: {
        summary: 'List the steps of an execution',
        description: `Newest first, the one that is under way among them. ${SHORTER}`,
        params: ofExecution,
        querystring: query({ ...PAGING, includeValues: flag('`true` shows their values as well') }),
        response: { 200: arrayOf(StepExecutionBody) },
      },
    },
    async (request, reply) => {
      const id = largeIdOf(request.params.executionId)
      const given = { includeValues: isTrue((request.query as Query)['includeValues']) ? 'true' : '' }
      return answerPage(request, reply, `steps of execution ${id}`, signer, given, (page) => {
        const includeValues = page.filter['includeValues'] === 'true'
        return listSteps(executions, callerOf(request), id, { ...page, includeValues })
      })
    },
  )
  app.get(
    '/formulas/instances/executions/:executionId/errors',
    {
      config,
      schema: {
        summary: 'List the steps of an execution that failed',
        description: `Newest first, each with what went wrong as its only value. A filter that said no is no error. ${SHORTER}`,
        params: ofExecution,
        querystring: query(PAGING),
        response: { 200: arrayOf(StepExecutionBody) },
      },
    },
    async (request, reply) => {
      const id = largeIdOf(request.params.executionId)
      return answerPage(request, reply, `errors of execution ${id}`, signer, {}, (page) =>
        listStepErrors(executions, callerOf(request), id, page),
      )
    },
  )
  app.get(
    '/formulas/instances/executions/steps/:stepExecutionId',
    {
      config,
      schema: { summary: 'Read a step of an execution', params: ofStep, response: { 200: StepExecutionBody } },
    },
    async (request) => readStep(executions, callerOf(request), largeIdOf(request.params.stepExecutionId)),
  )
  app.get(
    '/formulas/instances/executions/steps/:stepExecutionId/values',
    {
      config,
      schema: {
        summary: 'List the values of a step of an execution',
        description: `None when the step is not kept any more. ${SHORTER}`,
        params: ofStep,
        querystring: query(PAGING),
        response: { 200: arrayOf(StepValueBody) },
      },
    },
    async (request, reply) => {
      const id = largeIdOf(request.params.stepExecutionId)
      const list = `values of step execution ${id}`
      const page = readListPage(request.query as Query, list, {}, signer, reply)
      const values = await listStepValues(executions, callerOf(request), id)
      return pageInMemory(values, page, list, signer, reply, shownValues)
    },
  )
}
