import type { Transaction } from 'kysely'
import { holdCaller } from '../../accounts/users/hold-caller.ts'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { nextId } from '../../store/next-id.ts'
import type { FormulaContext } from '../context.ts'
import { FORMULA_INSTANCE_TOPIC, type FormulaTables, inFormulas } from '../formula-table.ts'
import { checkRunnable, checkSubFormulas } from './check-runnable.ts'
import { checkValues } from './check-values.ts'
import { holdRunnableFormula } from './hold-formula.ts'
import { type FormulaInstanceBody, toFormulaInstanceBody } from './instance-body.ts'
import { formulaInstanceChange } from './instance-record.ts'
import { sealValues } from './open-instance.ts'
import { merged, readInstanceBody } from './read-instance-body.ts'
import { readSettings } from './read-settings.ts'
import { settleInstances } from './settle.ts'

const MOST_INSTANCES = 10_000

/**
 * `POST /formulas/{id}/instances` (spec 30 §3.2): an instance of the caller's, of a formula that may run in his name.
 *
 * @param made.elementInstanceId of the element instance whose resource it is made for (spec 30 §5.5)
 * @throws ValenceError FORMULA_NOT_FOUND, FORBIDDEN, BODY_INVALID, PARAMETER_MISSING, FORMULA_INVALID, CONFIGURATION_MISSING, CONFIGURATION_INVALID,
 *   PARAMETER_INVALID, TOO_MANY (409)
 */
export async function createFormulaInstance(
  context: FormulaContext,
  caller: Caller,
  formulaId: number,
  body: Readonly<Record<string, unknown>>,
  made: { elementInstanceId?: number } = {},
): Promise<FormulaInstanceBody> {
  const { store, authorize, now } = context
  authorize(caller, 'formulaInstances.create', caller)
  const request = readInstanceBody(body)
  const { name } = request
  const values = { configuration: merged({}, request.configuration), settings: merged({}, request.settings) }
  const { api, timeToLive } = readSettings(context, values.settings)
  return store.changes.transaction(async (plainTrx, publish) => {
    await holdCaller(plainTrx, caller)
    const trx = inFormulas(plainTrx)
    const formula = await holdRunnableFormula(trx, caller, formulaId)
    if (name === undefined) throw new ValenceError('PARAMETER_MISSING', 'Missing in the request body: name')
    checkRunnable(formula)
    await checkSubFormulas(trx, caller, formula)
    await checkValues(context, trx, formula, caller, values)
    await assertRoom(trx, caller.accountId)
    const [id, at] = [await nextId(plainTrx, 'formula_instances'), now()]
    const row = await trx
      .insertInto('formula_instances')
      .values({
        id,
        ...{ organization_id: caller.organizationId, account_id: caller.accountId, user_id: caller.userId },
        ...{ formula_id: formulaId, name, active: request.active ?? true },
        single_threaded: request.singleThreaded ?? null,
        sealed: sealValues(store, id, values),
        api_method: api?.method ?? null,
        api_uri: api?.uri ?? null,
        element_instance_id: made.elementInstanceId ?? null,
        expires_at: timeToLive === undefined ? null : new Date(at.getTime() + timeToLive * 1_000),
        consecutive_errors: request.consecutiveErrors ?? 0,
        first_error_at: request.firstErrorAt ?? null,
        created_at: at,
        updated_at: at,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    await settleInstances(context, trx, publish, [id])
    publish({ topic: FORMULA_INSTANCE_TOPIC, key: String(id) })
    await recordChange(plainTrx, caller, formulaInstanceChange(context, 'create', undefined, row))
    return toFormulaInstanceBody(context, row, formula)
  })
}

async function assertRoom(trx: Transaction<FormulaTables>, accountId: number): Promise<void> {
  const { count } = await trx
    .selectFrom('formula_instances')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  if (count < MOST_INSTANCES) return
  throw new ValenceError('TOO_MANY', `An account keeps at most ${MOST_INSTANCES} formula instances; delete one first`)
}
