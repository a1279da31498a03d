import type { Kysely } from 'kysely'
import type { LogScope } from '../model/log-scope.ts'
import type { Slots } from '../model/slots.ts'
import { countSome } from '../store/count-some.ts'
import type { Store } from '../store/database.ts'
import type { AuditTables } from './audit-table.ts'
import type { EntityType } from './entity-type.ts'
import { type AuditRecord, toAuditRecord } from './record-body.ts'
import { timeOf } from './record-ids.ts'
import type { Trail } from './trail.ts'

/** What the room works with; `main.ts` puts it together once. */
export interface AuditContext {
  store: Pick<Store, 'db'>
  trail: Trail
  /** questions take turns, for each organization and in all: they may be about a year */
  slots: Pick<Slots, 'run'>
  now(): Date
}

export interface RecordQuery {
  entity?: EntityType
  /** names by which one thing is known: its id, its key */
  entityIds?: readonly string[]
  /** both inclusive */
  from: Date
  to: Date
  userId?: number
  pageSize: number
  /** id of the last record of the previous page */
  after?: string
}

export interface RecordPage {
  records: AuditRecord[]
  /** undefined when there are too many to count */
  total: number | undefined
  /** id to go on after, when there is more */
  next: string | undefined
}

/**
 * Records from the newest to the oldest.
 *
 * @param scope what the caller may see, as the door found out
 * @throws ValenceError UNAVAILABLE (503) when too many ask at once
 */
export async function readRecords(context: AuditContext, scope: LogScope, query: RecordQuery): Promise<RecordPage> {
  const db = context.store.db.withTables<AuditTables>()
  await context.trail.flush()

  return context.slots.run(() => readPage(db, scope, query), [`organization ${scope.organizationId}`])
}

async function readPage(db: Kysely<AuditTables>, scope: LogScope, query: RecordQuery): Promise<RecordPage> {
  const found = matching(db, scope, query)
  const total = await countSome(db, found)
  let page = found.selectAll().orderBy('id', 'desc')
  if (query.after !== undefined) {
    // the id alone would do; the time keeps younger partitions from being read
    page = page.where('id', '<', query.after).where('at', '<=', timeOf(query.after))
  }
  const rows = await page.limit(query.pageSize + 1).execute()
  const shown = rows.slice(0, query.pageSize)
  return { records: shown.map(toAuditRecord), total, next: rows.length > query.pageSize ? shown.at(-1)?.id : undefined }
}

function matching(db: Kysely<AuditTables>, scope: LogScope, query: RecordQuery) {
  const { entity, entityIds, from, to, userId } = query
  let rows = db
    .selectFrom('audit_logs')
    .where('organization_id', '=', scope.organizationId)
    .where('at', '>=', from)
    .where('at', '<=', to)
  if (scope.accountIds) rows = rows.where('account_id', 'in', scope.accountIds)
  if (scope.userId !== undefined) rows = rows.where('user_id', '=', scope.userId)
  if (userId !== undefined) rows = rows.where('user_id', '=', userId)
  if (entity !== undefined) rows = rows.where('entity_type', '=', entity)
  if (entityIds !== undefined) rows = rows.where('entity_id', 'in', entityIds)
  return rows
}
