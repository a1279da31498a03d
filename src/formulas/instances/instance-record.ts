import type { Change } from '../../audit/record-change.ts'
import type { FormulaContext } from '../context.ts'
import type { FormulaInstanceRow } from '../formula-table.ts'
import { openValues } from './open-instance.ts'
import { TIME_TO_LIVE } from './read-settings.ts'

/** Settings that are no secret. */
const OPEN = new Set(['api', 'notification.email', TIME_TO_LIVE])

/**
 * A change of an instance for `recordChange`. That a value changed is seen, and not what it is: there may be secrets among them. Ids of element
 * instances are whole numbers, which are none.
 *
 * @param before absent: it was made; @param after absent: it was deleted
 */
export function formulaInstanceChange(
  { store }: Pick<FormulaContext, 'store'>,
  action: string,
  before: FormulaInstanceRow | undefined,
  after: FormulaInstanceRow | undefined,
): Change {
  const sides = [before, after].map((row) => row && { row, ...openValues(store, row) })
  const hidden = new Set<string>()
  for (const side of sides) {
    for (const [key, value] of Object.entries(side?.configuration ?? {}))
      if (!/^\d{1,10}$/.test(String(value))) hidden.add(key)
    for (const key of Object.keys(side?.settings ?? {})) if (!OPEN.has(key)) hidden.add(key)
  }
  const [old, present] = sides.map((side) => side && shown(side))
  const row = after ?? before
  return {
    entity: 'formula-instance',
    ...(row ? { id: row.id, accountId: row.account_id } : {}),
    action,
    before: old,
    after: present,
    secrets: { isSecret: (name) => hidden.has(name) },
  }
}

function shown({ row, configuration, settings }: { row: FormulaInstanceRow } & ReturnType<typeof openValues>) {
  const { name, formula_id: formulaId, active, single_threaded: singleThreaded } = row
  return { name, formulaId, active, singleThreaded, configuration, settings }
}
