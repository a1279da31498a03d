import Type from 'typebox'
import { logScopeOf } from '../../accounts/log-scope.ts'
import { findNames } from '../../accounts/users/find-names.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { countBuckets, MAX_ROWS } from '../../model/buckets.ts'
import type { MetricQuestion } from '../../model/metric.ts'
import { inTurn } from '../../usage/in-turn.ts'
import { MetricBody, toMetricBody } from '../../usage/metric-body.ts'
import { METRICS, type MetricName } from '../../usage/metrics.ts'
import type { UsageContext } from '../../usage/usage-context.ts'
import type { App, Reply, Request } from '../app.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, flag, query, texts } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { isTrue, type Query, single } from '../query.ts'
import { readInterval, readTimeRange } from '../time-range.ts'
import { ACCOUNT_IDS, INTERVAL, RANGE, VISIBLE } from '../usage-parameters.ts'
import { idsOf } from '../usage-query.ts'

const WEEK_MS = 7 * 86_400_000

const Question = query({
  ...RANGE,
  ...INTERVAL,
  agg: Type.Enum(['account', 'org'], { description: 'What the numbers are added up by; `account` when absent' }),
  emptyIntervals: flag('`true` also lists intervals in which nothing was'),
  'accountIds[]': ACCOUNT_IDS,
  'orgIds[]': texts('Ids of organizations; 403 for another than the own'),
  'customerIds[]': texts('The same'),
  pageSize: PAGING.pageSize,
  nextPage: PAGING.nextPage,
})

const SUMMARIES: Readonly<Record<MetricName, string>> = {
  api: 'Count API calls, of the platform and of instances',
  'hub-api': 'Count calls of instances by hub',
  'bulk-jobs': 'Count bulk jobs',
  'element-instances-created': 'Count instances that were made, by element',
  'elements-created': 'Count elements that were made',
  events: 'Count events',
  'formula-executions': 'Count runs of formulas',
  'formulas-created': 'Count formulas that were made',
  'hubs-created': 'Count hubs that were made',
  'vdrs-created': 'Count common resources that were made',
  'vdrs-invoked': 'Count calls to which a common resource applied',
}
const DESCRIPTION = `Of the last seven days unless \`from\` and \`to\` say otherwise; calls are known as long as the usage log is kept. ${VISIBLE}`

/** How much of what there was, by account or organization (spec 41 §8). */
export function usageMetricsRoutes(app: App, { usage, signer }: { usage: UsageContext; signer: TokenSigner }): void {
  const config = { operation: 'metrics.read' as const }
  for (const name of Object.keys(METRICS) as MetricName[]) {
    const schema = {
      summary: SUMMARIES[name],
      description: DESCRIPTION,
      querystring: Question,
      response: { 200: arrayOf(MetricBody) },
    }
    app.get(`/metrics/${name}`, { config, schema }, (request, reply) => answer(name, request, reply))
  }

  async function answer(name: MetricName, request: Request, reply: Reply) {
    const [query, caller] = [request.query as Query, callerOf(request)]
    const range = readTimeRange(query, { now: usage.now(), defaultMs: WEEK_MS })
    assertOwn(query, caller)
    const scope = await logScopeOf(usage.store, caller, idsOf(query, 'accountIds'))
    const question = { scope, range, interval: readInterval(query, range), by: readAggregation(query) }
    const counts = await inTurn(usage, scope, () => usage.metrics[name](question))

    const owners = await ownersOf(
      question,
      caller,
      counts.map(({ ownerId }) => ownerId),
    )
    const emptyIntervals = isTrue(query['emptyIntervals'])
    const rows = emptyIntervals ? countBuckets(range, question.interval) : 1
    const list = `metrics/${name}`
    const page = readListPage(query, list, {}, signer, reply)
    const fitting = (some: readonly unknown[]) => Math.min(some.length, Math.max(1, Math.floor(MAX_ROWS / rows)))
    return pageInMemory(owners, page, list, signer, reply, fitting).map((owner) =>
      toMetricBody(owner, counts, question, { kindName: METRICS[name], emptyIntervals }),
    )
  }

  /** Who is in the answer: whoever has something to count, whoever was asked for, and the caller's own. */
  async function ownersOf({ scope, by }: MetricQuestion, caller: Caller, counted: readonly number[]) {
    const own = by === 'organization' ? [scope.organizationId] : (scope.accountIds ?? [caller.accountId])
    const ids = [...new Set([...own, ...counted])].toSorted((a, b) => a - b)
    const isAccount = by === 'account'
    const names = await findNames(usage.store, {
      users: [],
      accounts: isAccount ? ids : [],
      organizations: isAccount ? [] : ids,
    })
    const known = isAccount ? names.accounts : names.organizations
    return ids.map((id) => ({ id, externalId: known.get(id)?.externalId ?? null }))
  }
}

/** Organizations and customers may be named, but nobody sees beyond his own. @throws ValenceError FORBIDDEN */
function assertOwn(query: Query, { organizationId }: Caller): void {
  for (const name of ['orgIds', 'customerIds']) {
    const foreign = idsOf(query, name).filter((id) => id !== organizationId)
    if (foreign.length > 0) {
      throw new ValenceError('FORBIDDEN', `${name}: the numbers of ${foreign.join(', ')} are not yours to see`)
    }
  }
}

function readAggregation(query: Query): MetricQuestion['by'] {
  const text = single(query['agg'])?.toLowerCase() || 'account'
  if (text === 'account') return 'account'
  if (text === 'org') return 'organization'
  throw new ValenceError('PARAMETER_INVALID', `agg: expected account or org, got "${text}"`)
}
