import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { FormulaContext } from '../context.ts'
import { formulaDb, inFormulas } from '../formula-table.ts'
import { endExecutions } from './end-executions.ts'
import { holdFormulas } from './hold-formula.ts'
import { formulaInstanceChange } from './instance-record.ts'
import { deleteInstances } from './remove-instances.ts'

const PIECE = 200

/** Deletes instances whose `formula.instance.time.to.live` is over (spec 30 §3.3). @returns how many */
export async function sweepExpired(context: FormulaContext, signal?: AbortSignal): Promise<number> {
  const now = context.now()
  let count = 0
  for (let after = 0; !signal?.aborted; ) {
    const due = await formulaDb(context.store)
      .selectFrom('formula_instances')
      .select(['id', 'formula_id'])
      .where('expires_at', '<=', now)
      .where('id', '>', after)
      .orderBy('id')
      .limit(PIECE)
      .execute()
    if (due.length === 0) break
    after = due.at(-1)?.id ?? after
    for (const { id, formula_id } of due) if (await tryToRemove(context, { id, formulaId: formula_id }, now)) count++
  }
  if (count > 0) context.log.info({ count }, 'formula instances were deleted at the end of their time to live')
  return count
}

/** One that cannot be removed keeps none of the others. */
async function tryToRemove(
  context: FormulaContext,
  one: { id: number; formulaId: number },
  now: Date,
): Promise<boolean> {
  try {
    return await removeExpired(context, one, now)
  } catch (error) {
    // of the database: the others would fail as well
    if (error instanceof ValenceError && error.code === 'UNAVAILABLE') throw error
    context.log.error(
      { err: error, formulaInstance: one.id },
      'a formula instance could not be deleted at the end of its time to live; the next sweep tries again',
    )
    return false
  }
}

/** One by one: a formula is not held longer than that takes. Meanwhile somebody may have given it more time. */
async function removeExpired(
  context: FormulaContext,
  { id, formulaId }: { id: number; formulaId: number },
  now: Date,
): Promise<boolean> {
  return context.store.changes.transaction(async (plainTrx, publish) => {
    const trx = inFormulas(plainTrx)
    await holdFormulas(trx, [formulaId])
    await endExecutions(context, trx, publish, [id])
    const [present] = await trx
      .selectFrom('formula_instances')
      .select('id')
      .where('id', '=', id)
      .where('expires_at', '<=', now)
      .forUpdate()
      .execute()
    if (!present) return false
    for (const row of await deleteInstances(context, trx, publish, [id])) {
      const owner = { userId: row.user_id, accountId: row.account_id, organizationId: row.organization_id }
      await recordChange(plainTrx, owner, formulaInstanceChange(context, 'expire', row, undefined))
    }
    return true
  })
}
