import Type from 'typebox'
import {
  ExecutionBody,
  ExecutionWithSteps,
  StepExecutionBody,
  StepValueBody,
} from '../../formulas/executions/execution-body.ts'
import { MOST_STEPS, readExecution } from '../../formulas/executions/find-execution.ts'
import { listAllExecutions, listExecutions } from '../../formulas/executions/list-executions.ts'
import {
  FailingInstanceBody,
  FailureBody,
  listFailingInstances,
  listFailures,
} from '../../formulas/executions/list-failures.ts'
import { listStepErrors } from '../../formulas/executions/read-errors.ts'
import { listSteps, listStepValues, readStep, shownValues } from '../../formulas/executions/read-steps.ts'
import type { ReadingContext } from '../../formulas/executions/reading-context.ts'
import type { InstanceName } from '../../formulas/instances/find-instance.ts'
import { answerPage } from '../answer-list.ts'
import type { App, Reply, Request } from '../app.ts'
import { EXECUTION_ID, FORMULA_ID, FORMULA_INSTANCE_ID, PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, flag, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { addListHeaders, type Filter, pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { idOf, isTrue, largeIdOf, type Query, single } from '../query.ts'
import { readSomeTimeRange } from '../time-range.ts'

const OfExecution = Type.Object({ executionId: EXECUTION_ID })
const OfStep = Type.Object({ stepExecutionId: Type.String({ description: 'Id of the visit of a step' }) })
const Limits = query({
  ...PAGING,
  from: Type.String({ description: 'Only executions that began then or later: `2026-11-01T10:00:00Z`' }),
  to: Type.String({ description: 'Only those that began then or before' }),
})
const Listed = query({
  ...PAGING,
  eventId: Type.String({ description: 'Only executions that this event started; not together with `objectId`' }),
  objectId: Type.String({ description: 'Only those that an event about this object started' }),
})

const NEWEST = 'Newest first, as long as they are kept (docs/formulas.md).'
const SHORTER = 'A page of large values is shorter than asked for.'

/** Executions are named by their own id, or below their instance, or below its formula. */
const INSTANCE_PATHS = [
  { root: '/formulas/instances/:instanceId', params: Type.Object({ instanceId: FORMULA_INSTANCE_ID }) },
  {
    root: '/formulas/:id/instances/:instanceId',
    params: Type.Object({ id: FORMULA_ID, instanceId: FORMULA_INSTANCE_ID }),
  },
] as const
const EXECUTION_PATHS = [
  { path: '/formulas/instances/executions/:executionId', params: OfExecution },
  {
    path: '/formulas/:id/instances/:instanceId/executions/:executionId',
    params: Type.Object({ id: FORMULA_ID, instanceId: FORMULA_INSTANCE_ID, executionId: EXECUTION_ID }),
  },
] as const

/** What ran of formulas (spec 30 §1.4, 32). Calls that start something stand elsewhere. */
export function executionRoutes(
  app: App,
  { executions, signer }: { executions: ReadingContext; signer: TokenSigner },
): void {
  const read = { operation: 'executions.read' as const }

  for (const { root, params } of INSTANCE_PATHS)
    app.get(
      `${root}/executions`,
      {
        config: read,
        schema: {
          summary: 'List executions of a formula instance',
          description: `${NEWEST} Without their steps.`,
          params,
          querystring: Listed,
          response: { 200: arrayOf(ExecutionBody) },
        },
      },
      answerExecutions,
    )
  app.get(
    '/formulas/instances/executions',
    {
      config: read,
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
        config: read,
        schema: {
          summary: 'Read an execution with its steps',
          description: `Of more than ${MOST_STEPS} steps the last ones; \`Elements-Error\` says so, and \`…/steps\` lists them all.`,
          params,
          response: { 200: ExecutionWithSteps },
        },
      },
      answerExecution,
    )
  app.get(
    '/formulas/instances/executions/:executionId/steps',
    {
      config: read,
      schema: {
        summary: 'List the steps of an execution',
        description: `Newest first, the one that is under way among them. ${SHORTER}`,
        params: OfExecution,
        querystring: query({ ...PAGING, includeValues: flag('`true` shows their values as well') }),
        response: { 200: arrayOf(StepExecutionBody) },
      },
    },
    answerSteps,
  )
  app.get(
    '/formulas/instances/executions/:executionId/errors',
    {
      config: read,
      schema: {
        summary: 'List the steps of an execution that failed',
        description: `Newest first, each with what went wrong as its only value. A filter that said no is no error. ${SHORTER}`,
        params: OfExecution,
        querystring: query(PAGING),
        response: { 200: arrayOf(StepExecutionBody) },
      },
    },
    answerStepErrors,
  )
  app.get(
    '/formulas/instances/executions/steps/:stepExecutionId',
    {
      config: read,
      schema: { summary: 'Read a step of an execution', params: OfStep, response: { 200: StepExecutionBody } },
    },
    async (request) => readStep(executions, callerOf(request), stepIdOf(request)),
  )
  app.get(
    '/formulas/instances/executions/steps/:stepExecutionId/values',
    {
      config: read,
      schema: {
        summary: 'List the values of a step of an execution',
        description: `None when the step is not kept any more. ${SHORTER}`,
        params: OfStep,
        querystring: query(PAGING),
        response: { 200: arrayOf(StepValueBody) },
      },
    },
    answerValues,
  )
  for (const { root, params } of INSTANCE_PATHS)
    app.get(
      `${root}/executions/errors`,
      {
        config: read,
        schema: {
          summary: 'List executions of a formula instance that failed',
          description: `${NEWEST} Each with its first steps that failed. ${SHORTER}`,
          params,
          querystring: Limits,
          response: { 200: arrayOf(FailureBody) },
        },
      },
      answerFailures,
    )
  app.get(
    '/formulas/:id/instances/executions/errors',
    {
      config: read,
      schema: {
        summary: 'List the instances of a formula that failed',
        description: `Each with its newest executions that did, and their steps. ${SHORTER}`,
        params: Type.Object({ id: FORMULA_ID }),
        querystring: Limits,
        response: { 200: arrayOf(FailingInstanceBody) },
      },
    },
    answerFailingInstances,
  )

  function answerExecutions(request: Request, reply: Reply) {
    const place = instanceOf(request)
    const list = `executions of formula instance ${place.id}`
    return answerPage(request, reply, list, signer, eventFilter(request), (page) =>
      listExecutions(executions, callerOf(request), place, { ...page, ...filterOf(page.filter) }),
    )
  }

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

  async function answerExecution(request: Request, reply: Reply) {
    const { instanceId } = request.params as Params
    const { id: formulaInstanceId, formulaId } = instanceOf(request)
    const place = instanceId === undefined ? {} : { formulaInstanceId, formulaId }
    const { execution, isCut } = await readExecution(executions, callerOf(request), executionIdOf(request), place)
    if (isCut) {
      const shown = `stepExecutions has the last ${MOST_STEPS} steps only`
      reply.header('elements-error', `${shown}; GET /formulas/instances/executions/${execution.id}/steps lists all`)
    }
    return execution
  }

  function answerSteps(request: Request, reply: Reply) {
    const id = executionIdOf(request)
    const given = { includeValues: isTrue((request.query as Query)['includeValues']) ? 'true' : '' }
    return answerPage(request, reply, `steps of execution ${id}`, signer, given, (page) =>
      listSteps(executions, callerOf(request), id, { ...page, includeValues: page.filter['includeValues'] === 'true' }),
    )
  }

  function answerStepErrors(request: Request, reply: Reply) {
    const id = executionIdOf(request)
    return answerPage(request, reply, `errors of execution ${id}`, signer, {}, (page) =>
      listStepErrors(executions, callerOf(request), id, page),
    )
  }

  async function answerValues(request: Request, reply: Reply) {
    const id = stepIdOf(request)
    const list = `values of step execution ${id}`
    const page = readListPage(request.query as Query, list, {}, signer, reply)
    const values = await listStepValues(executions, callerOf(request), id)
    return pageInMemory(values, page, list, signer, reply, shownValues)
  }

  function answerFailures(request: Request, reply: Reply) {
    const place = instanceOf(request)
    const list = `failures of formula instance ${place.id}`
    return answerPage(request, reply, list, signer, timeFilter(request), (page) =>
      listFailures(executions, callerOf(request), place, { ...page, ...readSomeTimeRange(page.filter as Query) }),
    )
  }

  function answerFailingInstances(request: Request, reply: Reply) {
    const id = idOf((request.params as { id: string }).id)
    return answerPage(request, reply, `failures of formula ${id}`, signer, timeFilter(request), (page) =>
      listFailingInstances(executions, callerOf(request), id, { ...page, ...readSomeTimeRange(page.filter as Query) }),
    )
  }
}

type Params = Readonly<Record<string, string>>

/** Which instance, and of which formula where the path says it. */
function instanceOf({ params }: Request): InstanceName {
  const { id, instanceId = '' } = params as Params
  return { id: idOf(instanceId), formulaId: id === undefined ? undefined : idOf(id) }
}

function executionIdOf({ params }: Request): number {
  return largeIdOf((params as Params)['executionId'] ?? '')
}

function stepIdOf({ params }: Request): number {
  return largeIdOf((params as Params)['stepExecutionId'] ?? '')
}

function eventFilter({ query }: Request): Filter {
  const asked = query as Query
  return { eventId: single(asked['eventId']) ?? '', objectId: single(asked['objectId']) ?? '' }
}

function filterOf(filter: Filter) {
  const { eventId, objectId } = filter as { eventId?: string; objectId?: string }
  return { eventId, objectId }
}

function timeFilter({ query }: Request): Filter {
  const asked = query as Query
  return { from: single(asked['from']) ?? '', to: single(asked['to']) ?? '' }
}
