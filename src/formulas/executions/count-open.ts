import type { FormulaContext } from '../context.ts'
import { formulaDb } from '../formula-table.ts'
import type { ExecutionStatus } from './execution-table.ts'

export interface OpenExecutions {
  status: ExecutionStatus
  count: number
}

/** Executions of all accounts that have not ended, for operators. */
export function countOpenExecutions({ store }: Pick<FormulaContext, 'store'>): Promise<OpenExecutions[]> {
  return formulaDb(store)
    .selectFrom('formula_executions')
    .select(['status', ({ fn }) => fn.countAll<number>().as('count')])
    .where('finished_at', 'is', null)
    .groupBy('status')
    .execute()
}
