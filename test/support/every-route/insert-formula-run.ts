import { formulaDb } from '../../../src/formulas/formula-table.ts'
import type { TestHub } from '../hub.ts'
import { insertExecution } from '../insert-executions.ts'

/** Of an instance: an execution that failed, one that nobody works at, and one that waits for its next attempt. */
export async function insertFormulaRun(
  { hub: { store } }: TestHub,
  { formulaInstanceId, text }: { formulaInstanceId: number; text: string },
): Promise<Record<'execution' | 'stepExecution' | 'openExecution' | 'waitingExecution', number | undefined>> {
  const row = await formulaDb(store)
    .selectFrom('formula_instances')
    .select(['organization_id', 'account_id', 'user_id', 'formula_id'])
    .where('id', '=', formulaInstanceId)
    .executeTakeFirstOrThrow()
  const owner = { organizationId: row.organization_id, accountId: row.account_id, userId: row.user_id }
  const of = { formulaId: row.formula_id, formulaInstanceId, error: text, trigger: { args: { text } } }
  const { id, stepIds } = await insertExecution(store, owner, {
    ...{ ...of, status: 'failed' },
    steps: [{ name: text, type: 'script', outcome: { status: 'failed', isFailure: true, error: text } }],
  })
  const open = await insertExecution(store, owner, { ...of, status: 'pending' })
  const tomorrow = new Date(Date.now() + 86_400_000)
  const waiting = await insertExecution(store, owner, { ...of, status: 'retry', attempt: 1, retry_at: tomorrow })
  return { execution: id, stepExecution: stepIds[1], openExecution: open.id, waitingExecution: waiting.id }
}
