import { isDeepStrictEqual } from 'node:util'
import type { Transaction } from 'kysely'
import { recordChanges } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { FormulaBody, FormulaParts } from '../../model/formula.ts'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import { FORMULA_TOPIC, type FormulaRow, type FormulaTables } from '../formula-table.ts'
import { endExecutions } from '../instances/end-executions.ts'
import { settleInstances } from '../instances/settle.ts'
import { checkFormula } from './check-formula.ts'
import { toFormula } from './formula-body.ts'
import type { FormulaDraft } from './formula-draft.ts'
import { LIMITS } from './limits.ts'

type Context = FormulaContext

/** A step, trigger or variable of which a change speaks: the audit log knows it by its own id (spec 41 §9). */
export interface ChangedPart {
  id: number
  action: 'create' | 'update' | 'delete'
  before?: unknown
  after?: unknown
}

export interface SaveOptions {
  /** for the audit log */
  action?: string
  part?: ChangedPart | undefined
  /** the execution that asks for it, if one does: it comes to its own end also when it switches its formula off (spec 31 §5) */
  executionId?: number | undefined
}

/**
 * The writers of what people write: whatever makes or changes a formula decides what it is to be, and hands that to one of these two.
 *
 * @throws ValenceError ALREADY_EXISTS (409), TOO_MANY, and what `checkFormula` throws
 */
export async function insertFormula(
  context: Context,
  trx: Transaction<FormulaTables>,
  publish: Publish,
  caller: Caller,
  draft: FormulaDraft,
): Promise<FormulaRow> {
  checkFormula(context, undefined, draft)
  await assertRoom(trx, caller.accountId)
  const now = context.now()
  const row = await trx
    .insertInto('formulas')
    .values({
      ...draft,
      ...{ organization_id: caller.organizationId, account_id: caller.accountId, user_id: caller.userId },
      ...{ size_bytes: sizeOf(draft.parts), created_at: now, updated_at: now },
    })
    .onConflict((conflict) => conflict.columns(['account_id', 'name']).doNothing())
    .returningAll()
    .executeTakeFirst()
  if (!row) throw nameTaken(draft.name)
  await trx
    .insertInto('formula_revisions')
    .values({ formula_id: row.id, revision: row.revision, body: bodyOf(row), superseded_at: null })
    .execute()
  publish({ topic: FORMULA_TOPIC, key: String(row.id) })
  await recordChanges(trx, caller, [{ entity: 'formula', id: row.id, action: 'create', after: toFormula(row) }])
  return row
}

/**
 * Executions that are under way go on with the revision they began with.
 * @param before as `lockFormula` read it in this transaction
 */
export async function saveFormula(
  context: Context,
  trx: Transaction<FormulaTables>,
  publish: Publish,
  caller: Caller,
  before: FormulaRow,
  draft: FormulaDraft,
  { action = 'update', part, executionId }: SaveOptions = {},
): Promise<FormulaRow> {
  checkFormula(context, before, draft)
  const now = context.now()
  const isOther = !isDeepStrictEqual(bodyOf(before), bodyOf(draft))
  const row = await trx
    .updateTable('formulas')
    .set({
      ...draft,
      ...{ size_bytes: sizeOf(draft.parts), updated_at: now },
      ...(isOther ? { revision: before.revision + 1 } : {}),
    })
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow()
    .catch(asConflict(draft.name))
  if (isOther) await keepRevision(trx, row, now)
  // before their instances are locked (`hold-formula.ts`)
  if (!row.active && before.active) await endExecutionsOf(context, trx, publish, row, executionId)
  if (isOther || row.active !== before.active) await settleInstances(context, trx, publish, { formulaId: row.id })
  publish({ topic: FORMULA_TOPIC, key: String(row.id) })
  const whose = { entity: 'formula', accountId: row.account_id } as const
  await recordChanges(trx, caller, [
    { ...whose, id: row.id, action, before: toFormula(before), after: toFormula(row) },
    ...(part ? [{ ...whose, ...part }] : []),
  ])
  return row
}

async function keepRevision(trx: Transaction<FormulaTables>, row: FormulaRow, now: Date): Promise<void> {
  await trx
    .updateTable('formula_revisions')
    .set({ superseded_at: now })
    .where('formula_id', '=', row.id)
    .where('superseded_at', 'is', null)
    .execute()
  await trx
    .insertInto('formula_revisions')
    .values({ formula_id: row.id, revision: row.revision, body: bodyOf(row), superseded_at: null })
    .execute()
}

/** Of a formula that is switched off, nothing runs (spec 30 §2.1). */
async function endExecutionsOf(
  context: FormulaContext,
  trx: Transaction<FormulaTables>,
  publish: Publish,
  { id }: FormulaRow,
  except: number | undefined,
): Promise<void> {
  const instances = await trx.selectFrom('formula_instances').select('id').where('formula_id', '=', id).execute()
  const ids = instances.map((instance) => instance.id)
  await endExecutions(context, trx, publish, ids, { except })
}

function bodyOf({ name, engine, parts }: FormulaDraft): FormulaBody {
  return { name, engine, ...parts }
}

function sizeOf(parts: FormulaParts): number {
  const bytes = Buffer.byteLength(JSON.stringify(parts))
  if (bytes <= LIMITS.bytes) return bytes
  throw new ValenceError(
    'BODY_TOO_LARGE',
    `The formula takes ${bytes} bytes, more than ${LIMITS.bytes}; move some of its steps to a sub-formula`,
  )
}

/** The room is counted, not held: two at the same moment may both find it. The limit guards the server, it is no promise to anybody. */
async function assertRoom(trx: Transaction<FormulaTables>, accountId: number): Promise<void> {
  const { count } = await trx
    .selectFrom('formulas')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  if (count < LIMITS.formulasOfAccount) return
  throw new ValenceError('TOO_MANY', `An account has at most ${LIMITS.formulasOfAccount} formulas; delete one first`)
}

function asConflict(name: string): (error: unknown) => never {
  return (error) => {
    if ((error as { code?: string }).code !== '23505') throw error
    throw nameTaken(name)
  }
}

function nameTaken(name: string): ValenceError {
  return new ValenceError('ALREADY_EXISTS', `The account has a formula with the name "${name}" already`)
}
