import type Type from 'typebox'
import { logScopeOf } from '../../accounts/log-scope.ts'
import {
  countByAccount,
  countByInstance,
  countExecutions,
  countStatuses,
  ExecutionCount,
  type ExecutionQuestion,
  ExecutionStatuses,
  ExecutionsByAccount,
  ExecutionsByInstance,
} from '../../formulas/analytics/count-executions.ts'
import { measureSteps, StepMeasures } from '../../formulas/analytics/measure-steps.ts'
import { AccountStatuses, statusesNow } from '../../formulas/analytics/statuses-now.ts'
import type { ReadingContext } from '../../formulas/executions/reading-context.ts'
import type { App, Reply, Request } from '../app.ts'
import { arrayOf, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { type Query, single } from '../query.ts'
import { readInterval, readTimeRange } from '../time-range.ts'
import { ACCOUNT_IDS, INTERVAL, RANGE } from '../usage-parameters.ts'
import { idsOf } from '../usage-query.ts'

const WEEK_MS = 7 * 86_400_000
const Rows = query({ ...RANGE, ...INTERVAL, 'accountIds[]': ACCOUNT_IDS })
const SEEN =
  'With the privilege `viewLogsOrg` of the whole organization, with `viewLogsAccount` of the own account, otherwise of one’s own instances.'
const IN_ROWS = `One row for each interval, also where nothing ran: an hour by minute has 61. Of the last seven days by day unless \`from\` and \`to\` say otherwise, as long as executions are kept. ${SEEN}`

/** What executions of formulas add up to (spec 30 §6). */
export function formulaAnalyticsRoutes(app: App, { executions }: { executions: ReadingContext }): void {
  const config = { operation: 'executions.read' as const }
  const rows = <T extends Type.TSchema>(summary: string, row: T) => ({
    config,
    schema: { summary, description: IN_ROWS, querystring: Rows, response: { 200: arrayOf(row) } },
  })

  app.get('/formulas/analytics', rows('Count executions of formulas', ExecutionCount), async (request, reply) =>
    counted(reply, await countExecutions(executions, await question(request))),
  )
  app.get(
    '/formulas/analytics/steps',
    rows('How long steps of formulas took, and what they came to', StepMeasures),
    async (request, reply) => counted(reply, await measureSteps(executions, await question(request))),
  )
  app.get(
    '/formulas/analytics/statuses',
    rows('Count executions of formulas that succeeded and failed', ExecutionStatuses),
    async (request, reply) => counted(reply, await countStatuses(executions, await question(request))),
  )
  app.get(
    '/formulas/analytics/accounts',
    rows('Count executions of formulas by account', ExecutionsByAccount),
    async (request, reply) => counted(reply, await countByAccount(executions, await question(request))),
  )
  app.get(
    '/formulas/analytics/instances',
    rows('Count executions of formulas by instance', ExecutionsByInstance),
    async (request, reply) => counted(reply, await countByInstance(executions, await question(request))),
  )
  app.get(
    '/formulas/analytics/statuses/now',
    {
      config,
      schema: {
        summary: 'How the executions of formulas stand, by account',
        description: `Of all that are kept. ${SEEN}`,
        querystring: query({ 'accountIds[]': ACCOUNT_IDS }),
        response: { 200: arrayOf(AccountStatuses) },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const asked = idsOf(request.query as Query, 'accountIds')
      const scope = await logScopeOf(executions.store, caller, asked)
      return counted(reply, await statusesNow(executions, scope, asked.length > 0 ? asked : [caller.accountId]))
    },
  )

  async function question(request: Request): Promise<ExecutionQuestion> {
    const asked = request.query as Query
    const range = readTimeRange(asked, { now: executions.now(), defaultMs: WEEK_MS })
    const isDefault = ['from', 'to', 'interval'].every((name) => !single(asked[name]))
    const interval = isDefault ? 'day' : readInterval(asked, range)
    return { range, interval, scope: await logScopeOf(executions.store, callerOf(request), idsOf(asked, 'accountIds')) }
  }
}

/** On every list (spec 00 §8); these have one page. */
function counted<T extends readonly unknown[]>(reply: Reply, found: T): T {
  reply.header('elements-returned-count', String(found.length))
  return found
}
