import { sql } from 'kysely'
import Type, { type Static } from 'typebox'
import type { LogScope } from '../../model/log-scope.ts'
import type { ExecutionStatus } from '../executions/execution-table.ts'
import { inTurnOf, type ReadingContext } from '../executions/reading-context.ts'
import { inScope } from './count-executions.ts'

const Waiting = Type.Object({
  executionId: Type.Integer(),
  retry: Type.Integer({ description: 'Number of the attempt that runs next' }),
})
export const AccountStatuses = Type.Object({
  accountId: Type.Integer(),
  success: Type.Integer(),
  failed: Type.Integer(),
  pending: Type.Integer(),
  queued: Type.Integer(),
  cancelled: Type.Integer(),
  canceled: Type.Integer({ description: 'The same' }),
  unknown: Type.Integer(),
  retries: Type.Array(Waiting, { description: 'Executions that wait for their next attempt, the first 1,000' }),
})
export type AccountStatuses = Static<typeof AccountStatuses>

const MOST_RETRIES = 1_000

/**
 * `GET /formulas/analytics/statuses/now`: how the executions stand that are kept, by account.
 * @param accountIds of accounts that are told of in any case
 */
export async function statusesNow(
  { store, slots }: Pick<ReadingContext, 'store' | 'slots'>,
  scope: LogScope,
  accountIds: readonly number[],
): Promise<AccountStatuses[]> {
  const [counts, retries] = await inTurnOf(slots, scope, () =>
    Promise.all([
      sql<{ accountId: number; status: ExecutionStatus; count: number }>`
        select account_id as "accountId", status, count(*)::integer as count from formula_executions
        where ${inScope(scope)} group by 1, 2`.execute(store.db),
      sql<{ accountId: number } & Static<typeof Waiting>>`
        select "accountId", "executionId", retry from (
          select account_id as "accountId", id as "executionId", attempt as retry,
            row_number() over (partition by account_id order by id) as place
          from formula_executions where status = 'retry' and ${inScope(scope)}
        ) as waiting where place <= ${MOST_RETRIES} order by "executionId"`.execute(store.db),
    ]),
  )
  const ids = new Set([...accountIds, ...counts.rows.map(({ accountId }) => accountId)])
  return [...ids]
    .toSorted((a, b) => a - b)
    .map((accountId) => {
      const countOf = (status: ExecutionStatus) =>
        counts.rows.find((row) => row.accountId === accountId && row.status === status)?.count ?? 0
      const cancelled = countOf('cancelled')
      return {
        accountId,
        success: countOf('success'),
        failed: countOf('failed'),
        pending: countOf('pending'),
        queued: countOf('queued'),
        cancelled,
        canceled: cancelled,
        unknown: 0,
        retries: retries.rows.flatMap(({ accountId: of, ...one }) => (of === accountId ? [one] : [])),
      }
    })
}
