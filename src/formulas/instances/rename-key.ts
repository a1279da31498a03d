import type { Transaction } from 'kysely'
import { recordChanges } from '../../audit/record-change.ts'
import type { Caller } from '../../model/account.ts'
import { ownValue } from '../../model/own-value.ts'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import { FORMULA_INSTANCE_TOPIC, type FormulaInstanceRow, type FormulaTables } from '../formula-table.ts'
import { formulaInstanceChange } from './instance-record.ts'
import { openValues, sealValues } from './open-instance.ts'

/** So many instances are read at once. */
const PIECE = 500

/** A variable of a formula has another key: what its instances gave it, they give it under that. The formula is locked by whoever calls. */
export async function renameInstanceKey(
  context: Pick<FormulaContext, 'store' | 'now'>,
  trx: Transaction<FormulaTables>,
  publish: Publish,
  caller: Caller,
  formulaId: number,
  { from, to }: { from: string; to: string },
): Promise<void> {
  for (let after = 0; ; ) {
    const rows = await trx
      .selectFrom('formula_instances')
      .selectAll()
      .where('formula_id', '=', formulaId)
      .where('id', '>', after)
      .orderBy('id')
      .limit(PIECE)
      .forNoKeyUpdate()
      .execute()
    const last = rows.at(-1)
    if (!last) return
    after = last.id
    for (const row of rows) await rename(row)
  }

  async function rename(row: FormulaInstanceRow): Promise<void> {
    const values = openValues(context.store, row)
    const value = ownValue(values.configuration, from)
    if (value === undefined) return
    const others = Object.entries(values.configuration).filter(([key]) => key !== from && key !== to)
    const configuration = Object.fromEntries([...others, [to, value]])
    const renamed = await trx
      .updateTable('formula_instances')
      .set({ sealed: sealValues(context.store, row.id, { ...values, configuration }), updated_at: context.now() })
      .where('id', '=', row.id)
      .returningAll()
      .executeTakeFirstOrThrow()
    publish({ topic: FORMULA_INSTANCE_TOPIC, key: String(row.id) })
    await recordChanges(trx, caller, [formulaInstanceChange(context, 'update', row, renamed)])
  }
}
