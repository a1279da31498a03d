import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import Type from 'typebox'
import { logScopeOf } from '../../accounts/log-scope.ts'
import { findNames } from '../../accounts/users/find-names.ts'
import { traceOfRequest } from '../../instances/find-trace.ts'
import { findUsage } from '../../usage/find-usage.ts'
import { exportUsage, listUsage } from '../../usage/list-usage.ts'
import { toUsageBody, USAGE_COLUMNS, type UsageBody, UsageLog, withOldNames } from '../../usage/usage-body.ts'
import type { UsageContext } from '../../usage/usage-context.ts'
import type { UsageRecord } from '../../usage/usage-table.ts'
import { jsonOrCsv } from '../accept.ts'
import type { App, Reply } from '../app.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, query, texts } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { addListHeaders, readListPage, type TokenSigner } from '../paging.ts'
import { type Query, wholeNumber } from '../query.ts'
import { readTimeRange } from '../time-range.ts'
import { ACCOUNT_IDS, RANGE, VISIBLE } from '../usage-parameters.ts'
import { idsOf, openPlace, readUsageFilter, sealPlace, usageFilterOf } from '../usage-query.ts'

const DEFAULT_PAGE_SIZE = 100
const IdParams = Type.Object({ id: Type.String({ description: '`Elements-Request-Id` of the call' }) })
const Search = query({
  ...RANGE,
  'accountIds[]': ACCOUNT_IDS,
  hub: Type.String({ description: 'Key of the hub of the element' }),
  'keys[]': texts('Keys of elements, any of them'),
  'tags[]': texts('Tags of instances, any of them'),
  status: Type.Enum(['SUCCESS', 'FAILED'], { description: 'In any case' }),
  searchText: Type.String({
    description: 'Part of the address, the element, the instance or the message, in any case',
  }),
  pageSize: Type.Integer({ ...PAGING.pageSize, default: DEFAULT_PAGE_SIZE }),
  pageOffset: Type.Integer({
    minimum: 0,
    default: 0,
    description: 'Records to leave out; `nextPage` is the surer way',
  }),
  nextPage: PAGING.nextPage,
})
const WEEK_MS = 7 * 86_400_000
const LIST = 'usage'

/** The usage log (spec 41 §7.2); with `Accept: text/csv` the whole of what matches. */
export function usageRoutes(app: App, { usage, signer }: { usage: UsageContext; signer: TokenSigner }): void {
  const { store, now } = usage
  const config = { operation: 'usage.read' as const }

  const listing = {
    summary: 'List calls',
    description: `Newest first, of the last seven days unless \`from\` and \`to\` say otherwise. 404 when nothing matches; a search by text answers an empty list. With \`Accept: text/csv\` all of what matches, as a table. ${VISIBLE}`,
    querystring: Search,
    response: { 200: arrayOf(UsageLog) },
  }
  app.get('/usage', { config, schema: listing }, async (request, reply) => {
    const form = jsonOrCsv(request.headers.accept)
    const asked = request.query
    const page = readListPage<string>(asked, LIST, usageFilterOf(asked), signer, reply, DEFAULT_PAGE_SIZE)
    const kept = page.filter as Query
    const place = page.after === undefined ? undefined : openPlace(page.after)
    const range = place?.range ?? readTimeRange(kept, { now: now(), defaultMs: WEEK_MS })
    const filter = { ...readUsageFilter(kept), range }
    const scope = await logScopeOf(store, callerOf(request), idsOf(kept, 'accountIds'))
    if (form === 'csv') return sendCsv(reply, await exportUsage(usage, scope, filter))

    const { records, total, next } = await listUsage(usage, scope, filter, {
      limit: page.pageSize,
      ...(place ? { after: place.after, total: place.total } : { offset: wholeNumber(asked, 'pageOffset', 0) ?? 0 }),
    })
    const nextPlace = next && sealPlace({ after: next, range, total })
    addListHeaders(reply, { returned: records.length, total, next: nextPlace }, LIST, page, signer)
    return (await bodiesOf(records)).map(withOldNames)
  })

  const reading = {
    summary: 'Read a call',
    description:
      'There within a second of the call. A call of the own account that was traced also has `trace`: the vendor calls by `METHOD:/path`.',
    params: IdParams,
    response: { 200: UsageLog },
  }
  app.get('/usage/:id', { config, schema: reading }, async (request) => {
    const caller = callerOf(request)
    const record = await findUsage(usage, await logScopeOf(store, caller), request.params.id)
    const [body = {}] = await bodiesOf([record])
    // what was sent and answered is for its own account, as traces are (spec 41 §10)
    const isOwn = record.instance_id !== null && record.account_id === caller.accountId
    const trace = isOwn ? await traceOfRequest(usage, caller, record.traffic_id) : undefined
    return { ...withOldNames(body), ...(trace === undefined ? {} : { trace }) }
  })

  async function bodiesOf(records: readonly UsageRecord[]): Promise<UsageBody[]> {
    const names = await findNames(store, {
      users: records.map(({ user_id }) => user_id),
      accounts: records.map(({ account_id }) => account_id),
      organizations: records.map(({ organization_id }) => organization_id),
    })
    return records.map((record) => toUsageBody(record, names))
  }

  /** Spreadsheets run what begins like a formula, and callers choose what is in the log: that is escaped. */
  function sendCsv(reply: Reply, pages: AsyncIterable<UsageRecord[]>): Reply {
    const form = { columns: USAGE_COLUMNS, escape_formulas: true, cast: { boolean: String } }
    async function* lines() {
      yield stringify([], { ...form, header: true })
      for await (const records of pages) yield stringify(await bodiesOf(records), form)
    }
    return reply.type('text/csv;charset=UTF-8').send(Readable.from(lines(), { objectMode: false }))
  }
}
