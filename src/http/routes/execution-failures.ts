import Type from 'typebox'
import {
  FailingInstanceBody,
  FailureBody,
  listFailingInstances,
  listFailures,
} from '../../formulas/executions/list-failures.ts'
import type { ReadingContext } from '../../formulas/executions/reading-context.ts'
import { answerPage } from '../answer-list.ts'
import type { App, Request } from '../app.ts'
import { FORMULA_INSTANCE_PATHS, formulaInstanceOf } from '../formula-instance-paths.ts'
import { FORMULA_ID, PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { Filter, TokenSigner } from '../paging.ts'
import { idOf, type Query, single } from '../query.ts'
import { readSomeTimeRange } from '../time-range.ts'

const Limits = query({
  ...PAGING,
  from: Type.String({ description: 'Only executions that began then or later: `2026-11-01T10:00:00Z`' }),
  to: Type.String({ description: 'Only those that began then or before' }),
})

const SHORTER = 'A page of large values is shorter than asked for.'

/** Executions that failed, of one instance or of all instances of a formula (spec 30 §1.4). */
export function executionFailureRoutes(
  app: App,
  { executions, signer }: { executions: ReadingContext; signer: TokenSigner },
): void {
  const config = { operation: 'executions.read' as const }

  for (const { root, params } of FORMULA_INSTANCE_PATHS)
    app.get(
      `${root}/executions/errors`,
      {
        config,
        schema: {
          summary: 'List executions of a formula instance that failed',
          description: `Newest first, as long as they are kept (docs/formulas.md). Each with its first steps that failed. ${SHORTER}`,
          params,
          querystring: Limits,
          response: { 200: arrayOf(FailureBody) },
        },
      },
      async (request, reply) => {
        const place = formulaInstanceOf(request.params)
        const list = `failures of formula instance ${place.id}`
        return answerPage(request, reply, list, signer, timeFilter(request), (page) =>
          listFailures(executions, callerOf(request), place, { ...page, ...readSomeTimeRange(page.filter as Query) }),
        )
      },
    )
  app.get(
    '/formulas/:id/instances/executions/errors',
    {
      config,
      schema: {
        summary: 'List the instances of a formula that failed',
        description: `Each with its newest executions that did, and their steps. ${SHORTER}`,
        params: Type.Object({ id: FORMULA_ID }),
        querystring: Limits,
        response: { 200: arrayOf(FailingInstanceBody) },
      },
    },
    async (request, reply) => {
      const id = idOf(request.params.id)
      return answerPage(request, reply, `failures of formula ${id}`, signer, timeFilter(request), (page) =>
        listFailingInstances(executions, callerOf(request), id, {
          ...page,
          ...readSomeTimeRange(page.filter as Query),
        }),
      )
    },
  )
}

function timeFilter({ query }: Request): Filter {
  const asked = query as Query
  return { from: single(asked['from']) ?? '', to: single(asked['to']) ?? '' }
}
