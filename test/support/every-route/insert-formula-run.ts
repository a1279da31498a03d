import { formulaDb } from '../../../src/formulas/formula-table.ts'
import type { TestHub } from '../hub.ts'
import { insertExecution } from '../insert-executions.ts'

/** An execution of an instance that failed. */
export async function insertFormulaRun(
  { hub: { store } }: TestHub,
  { formulaInstanceId, text }: { formulaInstanceId: number; text: string },
): Promise<{ execution: number; stepExecution: number | undefined }> {
  const row = await formulaDb(store)
    .selectFrom('formula_instances')
    .select(['organization_id', 'account_id', 'user_id', 'formula_id'])
    .where('id', '=', formulaInstanceId)
    .executeTakeFirstOrThrow()
  const owner = { organizationId: row.organization_id, accountId: row.account_id, userId: row.user_id }
  const { id, stepIds } = await insertExecution(store, owner, {
    ...{ formulaId: row.formula_id, formulaInstanceId, status: 'failed', error: text, trigger: { args: { text } } },
    steps: [{ name: text, type: 'script', outcome: { status: 'failed', isFailure: true, error: text } }],
  })
  return { execution: id, stepExecution: stepIds[1] }
}
