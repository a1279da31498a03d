import Type from 'typebox'
import { ExecutionBody, ExecutionWithSteps } from '../../formulas/executions/execution-body.ts'
import { MOST_STEPS, readExecution } from '../../formulas/executions/find-execution.ts'
import { listAllExecutions, listExecutions } from '../../formulas/executions/list-executions.ts'
import type { ReadingContext } from '../../formulas/executions/reading-context.ts'
import { answerPage } from '../answer-list.ts'
import type { App, Reply, Request } from '../app.ts'
import { FORMULA_INSTANCE_PATHS, formulaInstanceOf } from '../formula-instance-paths.ts'
import { EXECUTION_ID, FORMULA_ID, FORMULA_INSTANCE_ID, PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { addListHeaders, type Filter, readListPage, type TokenSigner } from '../paging.ts'
import { largeIdOf, type Query, single } from '../query.ts'

const Listed = query({
  ...PAGING,
  eventId: Type.String({ description: 'Only executions that this event started; not together with `objectId`' }),
  objectId: Type.String({ description: 'Only those that an event about this object started' }),
})

const NEWEST = 'Newest first, as long as they are kept (docs/formulas.md).'

/** Executions are named by their own id, or below their instance and its formula. */
const EXECUTION_PATHS = [
  { path: '/formulas/instances/executions/:executionId', params: Type.Object({ executionId: EXECUTION_ID }) },
  {
    path: '/formulas/:id/instances/:instanceId/executions/:executionId',
    params: Type.Object({ id: FORMULA_ID, instanceId: FORMULA_INSTANCE_ID, executionId: EXECUTION_ID }),
  },
] as const

/**
 * What ran of formulas (spec 30 §1.4, 32). Their steps are in `execution-steps.ts`, what went wrong in `execution-failures.ts`. Calls that start
 * something stand elsewhere.
 */
export function executionRoutes(
  app: App,
  { executions, signer }: { executions: ReadingContext; signer: TokenSigner },
): void {
  const config = { operation: 'executions.read' as const }

  for (const { root, params } of FORMULA_INSTANCE_PATHS)
    app.get(
      `${root}/executions`,
      {
        config,
        schema: {
          summary: 'List executions of a formula instance',
          description: `${NEWEST} Without their steps.`,
          params,
          querystring: Listed,
          response: { 200: arrayOf(ExecutionBody) },
        },
      },
      async (request, reply) => {
        const place = formulaInstanceOf(request.params)
        const list = `executions of formula instance ${place.id}`
        return answerPage(request, reply, list, signer, eventFilter(request), (page) =>
          listExecutions(executions, callerOf(request), place, { ...page, ...filterOf(page.filter) }),
        )
      },
    )
  app.get(
    '/formulas/instances/executions',
    {
      config,
      schema: {
        summary: 'List executions of all formula instances',
        description: `${NEWEST} Those of the own account; for administrators of the organization those of all its accounts.`,
        querystring: Listed,
        response: { 200: arrayOf(ExecutionBody) },
      },
    },
    answerAllExecutions,
  )
  for (const { path, params } of EXECUTION_PATHS)
    app.get(
      path,
      {
        config,
        schema: {
          summary: 'Read an execution with its steps',
          description: `Of more than ${MOST_STEPS} steps the last ones; \`Elements-Error\` says so, and \`…/steps\` lists them all.`,
          params,
          response: { 200: ExecutionWithSteps },
        },
      },
      async (request, reply) => answerExecution(request, reply, request.params),
    )

  async function answerAllExecutions(request: Request, reply: Reply) {
    const list = 'executions'
    const page = readListPage<string>(request.query as Query, list, eventFilter(request), signer, reply)
    const [at, id] = page.after?.split(' ').map(Number) ?? []
    const after = at === undefined || id === undefined ? undefined : { at, id }
    const asked = { ...page, ...filterOf(page.filter), after }
    const { items, total, next } = await listAllExecutions(executions, callerOf(request), asked)
    const place = next && `${next.at} ${next.id}`
    addListHeaders(reply, { returned: items.length, total, next: place }, list, page, signer)
    return items
  }

  async function answerExecution(request: Request, reply: Reply, params: ExecutionParams) {
    const id = largeIdOf(params.executionId)
    const { execution, isCut } = await readExecution(executions, callerOf(request), id, placeOf(params))
    if (isCut) {
      const shown = `stepExecutions has the last ${MOST_STEPS} steps only`
      reply.header('elements-error', `${shown}; GET /formulas/instances/executions/${execution.id}/steps lists all`)
    }
    return execution
  }
}

type ExecutionParams = { executionId: string; id?: string; instanceId?: string }

function placeOf({ id, instanceId }: ExecutionParams) {
  if (instanceId === undefined) return {}
  const { id: formulaInstanceId, formulaId } = formulaInstanceOf({ id, instanceId })
  return { formulaInstanceId, formulaId }
}

function eventFilter({ query }: Request): Filter {
  const asked = query as Query
  return { eventId: single(asked['eventId']) ?? '', objectId: single(asked['objectId']) ?? '' }
}

function filterOf(filter: Filter) {
  const { eventId, objectId } = filter as { eventId?: string; objectId?: string }
  return { eventId, objectId }
}
