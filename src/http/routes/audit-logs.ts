import Type from 'typebox'
import { logScopeOf } from '../../accounts/log-scope.ts'
import { shownRecord } from '../../accounts/users/shown-record.ts'
import type { EntityType } from '../../audit/entity-type.ts'
import { type AuditContext, type RecordQuery, readRecords } from '../../audit/read-records.ts'
import { AuditRecord } from '../../audit/record-body.ts'
import type { ElementDirectory } from '../../elements/directory.ts'
import type { Caller } from '../../model/account.ts'
import type { App, Reply, Request } from '../app.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { addListHeaders, readListPage, type TokenSigner } from '../paging.ts'
import { type Query, queryId, single, singles } from '../query.ts'
import { readTimeRange } from '../time-range.ts'

/** Lists of spec 41 §9, and what the last part of the path names in each. */
const LISTS: readonly { path: string; entity: EntityType; nouns: string; one?: string }[] = [
  { path: 'authentication', entity: 'authentication', nouns: 'sign-ins and passwords' },
  { path: 'elements', entity: 'element', nouns: 'elements', one: 'Key or id of the element' },
  { path: 'element-instances', entity: 'element-instance', nouns: 'instances', one: 'Id of the instance' },
  {
    path: 'formulas',
    entity: 'formula',
    nouns: 'formulas',
    one: 'Id of the formula, of a step, trigger or configuration',
  },
  { path: 'formula-instances', entity: 'formula-instance', nouns: 'formula instances' },
  {
    path: 'common-resources',
    entity: 'common-resource',
    nouns: 'common resources',
    one: 'Name of the common resource',
  },
]

const { pageSize, nextPage } = PAGING
const FILTERS = query({
  pageSize,
  nextPage,
  from: Type.String({ description: 'First moment, a year ago when absent: `2026-11-01`, `2026-11-01T10:00:00Z`' }),
  to: Type.String({ description: 'Last moment, now when absent' }),
  userId: Type.Integer({ description: 'Who did it' }),
  accountId: Type.Integer({ description: 'Whose thing it is; another account than the own one takes `viewLogsOrg`' }),
})
const YEAR_MS = 365 * 86_400_000

/** Who changed what (spec 41 §9). Nothing found is an empty list (spec 00 §6 leaves it open). */
export function auditLogRoutes(
  app: App,
  { audit, elements, signer }: { audit: AuditContext; elements: ElementDirectory; signer: TokenSigner },
): void {
  const config = { operation: 'auditLogs.read' as const }

  const described = (summary: string) => ({ summary, querystring: FILTERS, response: { 200: arrayOf(AuditRecord) } })
  const list = async (request: Request, reply: Reply, about: Pick<RecordQuery, 'entity' | 'entityIds'> = {}) => {
    const asked = request.query as Query
    const { from, to, userId, accountId } = singles(asked)
    const filter = { from: from ?? '', to: to ?? '', userId: userId ?? '', accountId: accountId ?? '' }
    const name = `audit-logs ${about.entity ?? ''} ${about.entityIds?.[0] ?? ''}`
    const page = readListPage<string>(asked, name, filter, signer, reply)
    const kept = page.filter as Query
    const range = readTimeRange(kept, { now: audit.now(), defaultMs: YEAR_MS })
    const [user, account] = [idIn(kept, 'userId'), idIn(kept, 'accountId')]
    const caller = callerOf(request)
    const scope = await logScopeOf(audit.store, caller, account === undefined ? [] : [account])
    const found = await readRecords(audit, scope, {
      ...about,
      ...range,
      ...(user === undefined ? {} : { userId: user }),
      pageSize: page.pageSize,
      ...(page.after === undefined ? {} : { after: page.after }),
    })
    const { records, total, next } = found
    addListHeaders(reply, { returned: records.length, total, next }, name, page, signer)
    return records.map((record) => shownRecord(caller, record))
  }

  app.get('/audit-logs', { config, schema: described('List changes, and attempts to make some') }, (request, reply) =>
    list(request, reply),
  )
  for (const { path, entity, nouns, one } of LISTS) {
    app.get(`/audit-logs/${path}`, { config, schema: described(`List changes of ${nouns}`) }, (request, reply) =>
      list(request, reply, { entity }),
    )
    if (one === undefined) continue
    const params = Type.Object({ id: Type.String({ description: one }) })
    const schema = { ...described(`List changes of one of the ${nouns}`), params }
    app.get(`/audit-logs/${path}/:id`, { config, schema }, async (request, reply) => {
      const { id } = request.params
      const entityIds = entity === 'element' ? await namesOf(elements, callerOf(request), id) : [id]
      return list(request, reply, { entity, entityIds })
    })
  }
}

/** An element is addressed by key or id (spec 00 §1); changes are recorded under its id, refused calls as they named it. */
async function namesOf(elements: ElementDirectory, caller: Caller, keyOrId: string): Promise<string[]> {
  const found = await elements.find(caller, keyOrId)
  return found ? [String(found.element.id), found.element.key] : [keyOrId]
}

function idIn(query: Query, name: string): number | undefined {
  const text = single(query[name])?.trim()
  return text ? queryId(name, text) : undefined
}
