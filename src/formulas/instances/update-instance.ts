import { isDeepStrictEqual } from 'node:util'
import type { Transaction } from 'kysely'
import type { Operation } from '../../accounts/operations.ts'
import { recordChange } from '../../audit/record-change.ts'
import type { Caller } from '../../model/account.ts'
import type { FormulaContext } from '../context.ts'
import {
  FORMULA_INSTANCE_TOPIC,
  type FormulaInstanceRow,
  type FormulaRow,
  type FormulaTables,
  inFormulas,
} from '../formula-table.ts'
import { checkValues } from './check-values.ts'
import { endExecutions } from './end-executions.ts'
import { findFormulaInstance, type InstanceName, instanceNotFound } from './find-instance.ts'
import { holdFormulas } from './hold-formula.ts'
import { type FormulaInstanceBody, toFormulaInstanceBody } from './instance-body.ts'
import { formulaInstanceChange } from './instance-record.ts'
import { openValues, sealValues } from './open-instance.ts'
import { type InstanceRequest, merged, readInstanceBody } from './read-instance-body.ts'
import { readSettings, TIME_TO_LIVE } from './read-settings.ts'
import { settleInstances } from './settle.ts'

/** What the caller says beside the body. */
export interface ChangedBy {
  /** the execution that makes the change, if one does: it is not cancelled when it switches its own instance off */
  executionId?: number | undefined
}

/**
 * `PUT /formulas/{id}/instances/{instanceId}`: what the body speaks of is changed, key by key, and everything else stays (spec 30 §3.2): running
 * formulas store their state by it.
 *
 * @throws ValenceError FORMULA_INSTANCE_NOT_FOUND, FORBIDDEN, BODY_INVALID, CONFIGURATION_MISSING, CONFIGURATION_INVALID, PARAMETER_INVALID
 */
export async function updateFormulaInstance(
  context: FormulaContext,
  caller: Caller,
  name: InstanceName,
  body: Readonly<Record<string, unknown>>,
  by: ChangedBy = {},
): Promise<FormulaInstanceBody> {
  const request = readInstanceBody(body)
  return change(context, caller, name, { operation: 'formulaInstances.update', action: 'update', ...by }, request)
}

/** `PUT` and `DELETE …/active` (spec 30 §3.4). @throws ValenceError FORMULA_INSTANCE_NOT_FOUND, FORBIDDEN */
export async function switchFormulaInstance(
  context: FormulaContext,
  caller: Caller,
  name: InstanceName,
  active: boolean,
  by: ChangedBy = {},
): Promise<void> {
  const action = active ? 'activate' : 'deactivate'
  const request = { ...readInstanceBody({}), active }
  await change(context, caller, name, { operation: 'formulaInstances.switch', action, ...by }, request)
}

async function change(
  context: FormulaContext,
  caller: Caller,
  name: InstanceName,
  { operation, action, executionId }: { operation: Operation; action: string } & ChangedBy,
  request: InstanceRequest,
): Promise<FormulaInstanceBody> {
  return context.store.changes.transaction(async (plainTrx, publish) => {
    const trx = inFormulas(plainTrx)
    const found = await findFormulaInstance(context, caller, operation, name, trx)
    const [formula] = await holdFormulas(trx, [found.formula_id])
    if (request.active === false) await endExecutions(context, trx, publish, [found.id], { except: executionId })
    const present = await holdInstance(trx, found.id)
    if (!formula || !present) throw instanceNotFound(name.id, name.formulaId)
    const after = await store(context, trx, formula, present, request)
    if (after.active !== present.active || after.sealed !== present.sealed)
      await settleInstances(context, trx, publish, [after.id])
    publish({ topic: FORMULA_INSTANCE_TOPIC, key: String(after.id) })
    await recordChange(plainTrx, caller, formulaInstanceChange(context, action, present, after))
    return toFormulaInstanceBody(context, after, formula)
  })
}

async function store(
  context: FormulaContext,
  trx: Transaction<FormulaTables>,
  formula: FormulaRow,
  present: FormulaInstanceRow,
  request: InstanceRequest,
): Promise<FormulaInstanceRow> {
  const before = openValues(context.store, present)
  const values = {
    configuration: merged(before.configuration, request.configuration),
    settings: merged(before.settings, request.settings),
  }
  const { api, timeToLive } = readSettings(context, values.settings)
  await checkValues(context, trx, formula, { accountId: present.account_id }, values, before.configuration)
  const now = context.now()
  const isSame = isDeepStrictEqual(values, before)
  const lives = values.settings[TIME_TO_LIVE] !== before.settings[TIME_TO_LIVE]
  const expires = timeToLive === undefined ? null : new Date(now.getTime() + timeToLive * 1_000)
  // who is made active again begins anew, or his next failure would be one too many
  const isBack = request.active === true && !present.active
  return trx
    .updateTable('formula_instances')
    .set({
      name: request.name ?? present.name,
      active: request.active ?? present.active,
      single_threaded: request.singleThreaded === undefined ? present.single_threaded : request.singleThreaded,
      sealed: isSame ? present.sealed : sealValues(context.store, present.id, values),
      api_method: api?.method ?? null,
      api_uri: api?.uri ?? null,
      ...(lives ? { expires_at: expires } : {}),
      ...(isBack ? { consecutive_errors: 0, first_error_at: null, error_warnings: 0 } : {}),
      ...(request.consecutiveErrors === undefined ? {} : { consecutive_errors: request.consecutiveErrors }),
      ...(request.firstErrorAt === undefined ? {} : { first_error_at: request.firstErrorAt }),
      updated_at: now,
    })
    .where('id', '=', present.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** It is changed by one at a time. */
async function holdInstance(trx: Transaction<FormulaTables>, id: number): Promise<FormulaInstanceRow | undefined> {
  return trx.selectFrom('formula_instances').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirst()
}
