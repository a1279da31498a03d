import { isDeepStrictEqual } from 'node:util'
import { sql, type Transaction } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import {
  FORMULA_TRIGGER_TOPIC,
  type FormulaBindingTable,
  type FormulaInstanceRow,
  type FormulaRow,
  type FormulaTables,
  type FormulaTriggerTable,
  inFormulas,
} from '../formula-table.ts'
import { holdFormulas } from './hold-formula.ts'
import { openValues } from './open-instance.ts'
import { ownerIsActive } from './owner-is-active.ts'
import { wantedOf } from './wanted.ts'

type Context = Pick<FormulaContext, 'store' | 'clock' | 'log'>
type Trx = Transaction<FormulaTables>
type Settled = Pick<
  FormulaInstanceRow,
  'id' | 'organization_id' | 'account_id' | 'user_id' | 'formula_id' | 'active' | 'sealed' | 'scheduled_cron'
> & { owner_is_active: boolean }

/** So many rows a statement. */
const PIECE = 1_000

/**
 * Makes what instances are bound to, what they listen to and when they run what their formulas and configurations say (spec 30 §3.5). Called after
 * every change of either, in its transaction; what is right already stays as it is.
 *
 * A schedule that its owner deleted comes back when the instance is made active again, or with another cron (spec 33 §1.5). Of an owner who is
 * not active there is none.
 */
export async function settleInstances<DB>(
  context: Context,
  anyTrx: Transaction<DB>,
  publish: Publish,
  which: readonly number[] | { formulaId: number },
): Promise<void> {
  const trx = inFormulas(anyTrx)
  const formulaIds = 'formulaId' in which ? [which.formulaId] : await formulasOf(trx, which)
  const formulas = new Map((await holdFormulas(trx, formulaIds)).map((formula) => [formula.id, formula]))
  const rows = await instancesOf(trx, which)
  for (let from = 0; from < rows.length; from += PIECE) {
    await settleSome(context, trx, publish, formulas, rows.slice(from, from + PIECE))
  }
}

async function settleSome(
  context: Context,
  trx: Trx,
  publish: Publish,
  formulas: ReadonlyMap<number, FormulaRow>,
  rows: readonly Settled[],
): Promise<void> {
  const bindings: FormulaBindingTable[] = []
  const triggers: FormulaTriggerTable[] = []
  const crons = new Map<number, string>()
  for (const row of rows) {
    const { id, formula_id, active, owner_is_active } = row
    const formula = formulas.get(formula_id)
    if (!formula) continue
    const wanted = wantedOf(formula.parts, openValues(context.store, row).configuration)
    for (const { key, elementInstanceId } of wanted.bindings)
      bindings.push({ formula_instance_id: id, key, element_instance_id: elementInstanceId })
    if (!active || !formula.active) continue
    for (const trigger of wanted.triggers) triggers.push({ formula_instance_id: id, ...trigger })
    if (wanted.cron !== undefined && owner_is_active && isCron(context, row, wanted.cron)) crons.set(id, wanted.cron)
  }
  await settleBindings(trx, rows, bindings)
  await settleTriggers(trx, publish, rows, await ofOwnAccount(trx, rows, triggers))
  await settleSchedules(context, trx, publish, rows, crons)
}

/** A formula may be changed after its instances: that must not fail because of what one of them says. */
function isCron({ clock, log }: Context, { id, formula_id }: Settled, cron: string): boolean {
  try {
    clock.check(cron)
    return true
  } catch (error) {
    if (!(error instanceof ValenceError)) throw error
    log.warn({ formula: formula_id, formulaInstance: id, reason: error.message }, 'a formula instance has no schedule')
    return false
  }
}

async function settleBindings(trx: Trx, rows: readonly Settled[], wanted: FormulaBindingTable[]): Promise<void> {
  const present = await trx
    .selectFrom('formula_bindings')
    .selectAll()
    .where('formula_instance_id', 'in', idsOf(rows))
    .execute()
  const changed = changedOf(rows, present, wanted, ({ key }) => key)
  if (changed.size === 0) return
  await trx
    .deleteFrom('formula_bindings')
    .where('formula_instance_id', 'in', [...changed])
    .execute()
  await inPieces(
    wanted.filter(({ formula_instance_id }) => changed.has(formula_instance_id)),
    (some) => trx.insertInto('formula_bindings').values(some).execute(),
  )
}

async function settleTriggers(
  trx: Trx,
  publish: Publish,
  rows: readonly Settled[],
  wanted: FormulaTriggerTable[],
): Promise<void> {
  const present = await trx
    .selectFrom('formula_triggers')
    .selectAll()
    .where('formula_instance_id', 'in', idsOf(rows))
    .execute()
  const changed = changedOf(rows, present, wanted, ({ number }) => String(number))
  if (changed.size === 0) return
  await trx
    .deleteFrom('formula_triggers')
    .where('formula_instance_id', 'in', [...changed])
    .execute()
  const isChanged = ({ formula_instance_id }: FormulaTriggerTable) => changed.has(formula_instance_id)
  await inPieces(wanted.filter(isChanged), (some) => trx.insertInto('formula_triggers').values(some).execute())
  publishTriggers(publish, [...present, ...wanted].filter(isChanged))
}

/** Whoever keeps in mind what is listened to hears of the element instances that it is about. */
export function publishTriggers(
  publish: Publish,
  triggers: readonly Pick<FormulaTriggerTable, 'element_instance_id'>[],
): void {
  for (const id of new Set(triggers.map(({ element_instance_id }) => element_instance_id)))
    publish({ topic: FORMULA_TRIGGER_TOPIC, key: String(id) })
}

/** An instance may name an element instance that was deleted since. */
async function ofOwnAccount(trx: Trx, rows: readonly Settled[], triggers: FormulaTriggerTable[]) {
  if (triggers.length === 0) return triggers
  const ids = [...new Set(triggers.map(({ element_instance_id }) => element_instance_id))]
  const { rows: found } = await sql<{ id: number; accountId: number }>`
    select id, account_id as "accountId" from instances
    where id = any(${ids}::integer[]) and deleted_at is null`.execute(trx)
  const accounts = new Map(found.map(({ id, accountId }) => [id, accountId]))
  const owners = new Map(rows.map((row) => [row.id, row.account_id]))
  return triggers.filter(
    ({ formula_instance_id, element_instance_id }) =>
      accounts.get(element_instance_id) === owners.get(formula_instance_id),
  )
}

async function settleSchedules(
  { clock }: Context,
  trx: Trx,
  publish: Publish,
  rows: readonly Settled[],
  crons: ReadonlyMap<number, string>,
): Promise<void> {
  const changed = rows.filter(({ id, scheduled_cron }) => (crons.get(id) ?? null) !== scheduled_cron)
  const gone = changed.filter(({ id }) => !crons.has(id))
  await clock.remove(trx, idsOf(gone))
  if (gone.length > 0) await keepCron(trx, idsOf(gone), null)
  for (const { id, formula_id, organization_id, account_id, user_id } of changed) {
    const cron = crons.get(id)
    if (cron === undefined) continue
    await clock.put(trx, publish, {
      formulaInstanceId: id,
      owner: { organizationId: organization_id, accountId: account_id, userId: user_id },
      // names change, and this does not
      name: `formula-instance-${id}`,
      description: `Trigger of formula ${formula_id}, instance ${id}`,
      cron,
    })
    await keepCron(trx, [id], cron)
  }
}

async function keepCron(trx: Trx, ids: readonly number[], cron: string | null): Promise<void> {
  await trx.updateTable('formula_instances').set({ scheduled_cron: cron }).where('id', 'in', ids).execute()
}

/** Those whose rows are others than they should be. */
function changedOf<Row extends { formula_instance_id: number }>(
  rows: readonly Settled[],
  present: readonly Row[],
  wanted: readonly Row[],
  nameOf: (row: Row) => string,
): Set<number> {
  const byInstance = (all: readonly Row[]) => {
    const lists = new Map<number, [string, Row][]>()
    for (const row of all) {
      const list = lists.get(row.formula_instance_id) ?? []
      list.push([nameOf(row), row])
      lists.set(row.formula_instance_id, list)
    }
    return lists
  }
  const [before, after] = [byInstance(present), byInstance(wanted)]
  const members = (list: [string, Row][] = []) => Object.fromEntries(list)
  return new Set(idsOf(rows).filter((id) => !isDeepStrictEqual(members(before.get(id)), members(after.get(id)))))
}

async function inPieces<Row>(rows: readonly Row[], insert: (rows: Row[]) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < rows.length; from += PIECE) await insert(rows.slice(from, from + PIECE))
}

async function formulasOf(trx: Trx, ids: readonly number[]): Promise<number[]> {
  if (ids.length === 0) return []
  const rows = await trx
    .selectFrom('formula_instances')
    .select('formula_id')
    .distinct()
    .where('id', 'in', ids)
    .execute()
  return rows.map(({ formula_id }) => formula_id)
}

async function instancesOf(trx: Trx, which: readonly number[] | { formulaId: number }): Promise<Settled[]> {
  if (!('formulaId' in which) && which.length === 0) return []
  return (
    trx
      .selectFrom('formula_instances')
      .select(['id', 'organization_id', 'account_id', 'user_id', 'formula_id', 'active', 'sealed', 'scheduled_cron'])
      .select(ownerIsActive('formula_instances').as('owner_is_active'))
      .where((eb) =>
        'formulaId' in which ? eb('formula_id', '=', which.formulaId) : eb('id', 'in', which as readonly number[]),
      )
      .orderBy('id')
      // an instance that fails too often is switched off without its formula being held
      .forNoKeyUpdate()
      .execute()
  )
}

function idsOf(rows: readonly Pick<Settled, 'id'>[]): number[] {
  return rows.map(({ id }) => id)
}
