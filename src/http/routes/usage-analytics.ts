import Type from 'typebox'
import { logScopeOf } from '../../accounts/log-scope.ts'
import {
  ActivityRow,
  ElementActivityRow,
  InstanceActivity,
  StatusRow,
  TimesRow,
  type UsageQuestion,
  usageActivity,
  usageByElement,
  usageByInstance,
  usageStatuses,
  usageTimes,
} from '../../usage/analyze-usage.ts'
import { createdInstances } from '../../usage/metrics.ts'
import { FormulaInstanceActivity, type UsageContext } from '../../usage/usage-context.ts'
import type { App, Reply, Request } from '../app.ts'
import { arrayOf, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { Query } from '../query.ts'
import { readInterval, readTimeRange } from '../time-range.ts'
import { ACCOUNT_IDS, INTERVAL, RANGE, VISIBLE } from '../usage-parameters.ts'
import { idsOf } from '../usage-query.ts'

const Range = query({ ...RANGE, 'accountIds[]': ACCOUNT_IDS })
const Rows = query({ ...RANGE, ...INTERVAL, 'accountIds[]': ACCOUNT_IDS })
const CreatedCount = Type.Object({ instancesCreatedCount: Type.Integer() })
const IN_ROWS = `One row for each interval, also where nothing was called. \`from\` and \`to\` are required. ${VISIBLE}`
const OR_404 = `${IN_ROWS} 404 when there were no calls at all.`

/** What the usage log adds up to (spec 41 §7.3). */
export function usageAnalyticsRoutes(app: App, { usage }: { usage: UsageContext }): void {
  const { store, formulas } = usage
  const config = { operation: 'usage.read' as const }

  const about = async (request: Request): Promise<Pick<UsageQuestion, 'scope' | 'range'>> => {
    const query = request.query as Query
    const range = readTimeRange(query, { now: usage.now(), required: true, defaultMs: 0 })
    return { range, scope: await logScopeOf(store, callerOf(request), idsOf(query, 'accountIds')) }
  }
  const inRows = async (request: Request): Promise<UsageQuestion> => {
    const { range, scope } = await about(request)
    return { range, scope, interval: readInterval(request.query as Query, range) }
  }
  const rows = <T extends Type.TSchema>(summary: string, description: string, row: T) => ({
    config,
    schema: { summary, description, querystring: Rows, response: { 200: arrayOf(row) } },
  })
  const whole = <T extends Type.TSchema>(summary: string, answer: T) => ({
    config,
    schema: { summary, description: VISIBLE, querystring: Range, response: { 200: answer } },
  })

  app.get('/usage/analytics/activity', rows('Count calls', IN_ROWS, ActivityRow), async (request, reply) =>
    counted(reply, await usageActivity(usage, await inRows(request))),
  )
  app.get(
    '/usage/analytics/activity/elements',
    rows('Count calls by element', `Calls of instances only. ${IN_ROWS}`, ElementActivityRow),
    async (request, reply) => counted(reply, await usageByElement(usage, await inRows(request))),
  )
  app.get('/usage/analytics/times', rows('How long calls took', OR_404, TimesRow), async (request, reply) =>
    counted(reply, await usageTimes(usage, await inRows(request))),
  )
  app.get(
    '/usage/analytics/statuses',
    rows('Count successes and failures', OR_404, StatusRow),
    async (request, reply) => counted(reply, await usageStatuses(usage, await inRows(request))),
  )
  app.get(
    '/usage/analytics/activity/element-instances',
    whole('Count calls by instance', Type.Object({ usage: Type.Array(InstanceActivity) })),
    async (request) => ({ usage: await usageByInstance(usage, await about(request)) }),
  )
  app.get(
    '/usage/analytics/activity/element-instances/created-count',
    whole('Count instances that were made', CreatedCount),
    async (request) => {
      const { scope, range } = await about(request)
      return { instancesCreatedCount: await createdInstances(usage, scope, range) }
    },
  )
  app.get(
    '/usage/analytics/activity/formula-instances',
    whole('Count runs by formula instance', Type.Object({ usage: Type.Array(FormulaInstanceActivity) })),
    async (request) => {
      const { scope, range } = await about(request)
      return { usage: await formulas.byInstance(scope, range) }
    },
  )
  app.get(
    '/usage/analytics/activity/formula-instances/created-count',
    whole('Count formula instances that were made', CreatedCount),
    async (request) => {
      const { scope, range } = await about(request)
      return { instancesCreatedCount: await formulas.countCreated(scope, range) }
    },
  )
}

/** On every list (spec 00 §8); these have one page. */
function counted<T extends readonly unknown[]>(reply: Reply, rows: T): T {
  reply.header('elements-returned-count', String(rows.length))
  return rows
}
