import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { countSome } from '../../store/count-some.ts'
import { pageById } from '../../store/page-by-id.ts'
import { formulaDb } from '../formula-table.ts'
import { findFormulaInstance, type InstanceName } from '../instances/find-instance.ts'
import { EXECUTION_COLUMNS, type ExecutionBody, toExecutionBody } from './execution-body.ts'
import type { ReadingContext } from './reading-context.ts'

export interface ExecutionsQuery {
  /** of the event that started it */
  eventId: string | undefined
  /** of what the event was about */
  objectId: string | undefined
  pageSize: number
  /** from 1; counts where `after` is absent */
  page: number | undefined
}

export interface ExecutionsPage<Place> {
  items: ExecutionBody[]
  /** of all pages; undefined: more than anybody waits for */
  total: number | undefined
  next: Place | undefined
}

type Asked = Pick<ReadingContext, 'store' | 'authorize'>

/**
 * Executions of an instance, the newest first.
 *
 * @param query.after id of the last one of the previous page
 * @throws ValenceError PARAMETER_INVALID for two filters at once; FORMULA_INSTANCE_NOT_FOUND, FORBIDDEN
 */
export async function listExecutions(
  context: Asked,
  caller: Caller,
  place: InstanceName,
  query: ExecutionsQuery & { after: number | undefined },
): Promise<ExecutionsPage<number>> {
  assertOneFilter(query)
  await findFormulaInstance(context, caller, 'executions.read', place)
  const found = filtered(context, query).where('formula_instance_id', '=', place.id)
  const { shown, next } = await pageById(found.select(EXECUTION_COLUMNS), query, { isNewestFirst: true })
  return { items: shown.map(toExecutionBody), total: await countSome(formulaDb(context.store), found), next }
}

/** Newest first; ids of one moment. */
export interface TimedPlace {
  /** ms since 1970 */
  at: number
  id: number
}

/**
 * Executions of all instances of the caller's account, of an administrator of the organization those of all its accounts: the newest first.
 * @throws ValenceError PARAMETER_INVALID for two filters at once
 */
export async function listAllExecutions(
  context: Asked,
  caller: Caller,
  query: ExecutionsQuery & { after: TimedPlace | undefined },
): Promise<ExecutionsPage<TimedPlace>> {
  const { after, pageSize, page = 1 } = query
  assertOneFilter(query)
  context.authorize(caller, 'executions.read')
  const found = filtered(context, query)
    .where('organization_id', '=', caller.organizationId)
    .$if(!caller.organizationAdmin, (some) => some.where('account_id', '=', caller.accountId))
  const rows = await found
    .select(EXECUTION_COLUMNS)
    .$if(after !== undefined, (some) =>
      some.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('created_at', 'id'), '<', tuple(new Date(after?.at ?? 0), after?.id ?? 0)),
      ),
    )
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(pageSize + 1)
    .offset(after === undefined ? (page - 1) * pageSize : 0)
    .execute()
  const shown = rows.slice(0, pageSize)
  const last = shown.at(-1)
  return {
    items: shown.map(toExecutionBody),
    total: await countSome(formulaDb(context.store), found),
    next: rows.length > shown.length && last ? { at: last.created_at.getTime(), id: last.id } : undefined,
  }
}

function filtered({ store }: Asked, { eventId, objectId }: ExecutionsQuery) {
  return formulaDb(store)
    .selectFrom('formula_executions')
    .$if(eventId !== undefined, (some) => some.where('event_id', '=', eventId ?? ''))
    .$if(objectId !== undefined, (some) => some.where('object_id', '=', objectId ?? ''))
}

function assertOneFilter({ eventId, objectId }: ExecutionsQuery): void {
  if (eventId === undefined || objectId === undefined) return
  throw new ValenceError('PARAMETER_INVALID', 'eventId and objectId cannot be used together: leave one of them out')
}
