import { type SelectQueryBuilder, sql } from 'kysely'
import type { AccountsTables } from '../../accounts/accounts-table.ts'
import { findAccount, ownerOf } from '../../accounts/find-account.ts'
import type { Caller } from '../../model/account.ts'
import { isRowId } from '../../model/row-id.ts'
import { type PageQuery, pageById } from '../../store/page-by-id.ts'
import type { FormulaContext } from '../context.ts'
import { type FormulaInstanceRow, type FormulaTables, formulaDb } from '../formula-table.ts'
import { findFormulaInstance, type InstanceName } from './find-instance.ts'
import { assertSeesFormula } from './hold-formula.ts'
import { type FormulaInstanceBody, toFormulaInstanceBody } from './instance-body.ts'

type Context = Pick<FormulaContext, 'store' | 'authorize' | 'now' | 'elementsNamed'>

export interface InstancesQuery {
  /** only instances that are bound to it */
  elementInstanceId?: number | undefined
  /** in their own name, the name of an element instance that they are bound to, or the key of its element; any case */
  searchText?: string | undefined
  includeInactive: boolean
}

export interface InstancesPage {
  items: FormulaInstanceBody[]
  total: number
  next: number | undefined
}

/** `GET /formulas/instances` (spec 30 §1.6), in order of id: of the caller's account; of all accounts of the organization for its administrators. */
export async function listFormulaInstances(
  context: Context,
  caller: Caller,
  { elementInstanceId, searchText = '', includeInactive }: InstancesQuery,
  page: PageQuery,
): Promise<InstancesPage> {
  let rows = seenInstances(context, caller)
  if (!includeInactive) rows = rows.where('formula_instances.active', '=', true)
  if (elementInstanceId !== undefined)
    rows = rows.where(sql<boolean>`exists (
      select from formula_bindings
      where formula_instance_id = formula_instances.id and element_instance_id = ${elementInstanceId})`)
  const text = searchText.trim().toLowerCase()
  if (text !== '') {
    const elementIds = await context.elementsNamed(caller, text)
    rows = rows.where(sql<boolean>`(strpos(lower(formula_instances.name), ${text}) > 0 or exists (
      select from formula_bindings join instances on instances.id = formula_bindings.element_instance_id
      where formula_instance_id = formula_instances.id and deleted_at is null
        and instances.account_id = formula_instances.account_id
        and (strpos(lower(instances.name), ${text}) > 0 or instances.element_id = any(${elementIds}::integer[]))))`)
  }
  return pageOf(context, rows, page)
}

/** `GET /formulas/{id}/instances`: inactive ones too. @throws ValenceError FORMULA_NOT_FOUND */
export async function listInstancesOfFormula(
  context: Context,
  caller: Caller,
  formulaId: number,
  page: PageQuery,
): Promise<InstancesPage> {
  await assertSeesFormula(formulaDb(context.store), caller, formulaId)
  return pageOf(context, seenInstances(context, caller).where('formula_id', '=', formulaId), page)
}

/** `GET /accounts/{accountId}/formulas/{formulaId}/instances`. @throws ValenceError ACCOUNT_NOT_FOUND, FORBIDDEN, FORMULA_NOT_FOUND */
export async function listInstancesOfAccount(
  context: Context,
  caller: Caller,
  { accountId, formulaId }: { accountId: number; formulaId: number },
  page: PageQuery,
): Promise<InstancesPage> {
  const account = await findAccount(context.store.db.withTables<AccountsTables>(), accountId)
  context.authorize(caller, 'formulaInstances.read', ownerOf(account))
  await assertSeesFormula(formulaDb(context.store), caller, formulaId)
  const rows = seenInstances(context, caller)
    .where('formula_instances.account_id', '=', accountId)
    .where('formula_id', '=', formulaId)
  return pageOf(context, rows, page)
}

/** `GET /formulas/{id}/instances/{instanceId}`. @throws ValenceError FORMULA_INSTANCE_NOT_FOUND, FORBIDDEN */
export async function readFormulaInstance(
  context: Context,
  caller: Caller,
  name: InstanceName,
): Promise<FormulaInstanceBody> {
  const row = await findFormulaInstance(context, caller, 'formulaInstances.read', name)
  const formula = await formulaDb(context.store)
    .selectFrom('formulas')
    .select(FORMULA_COLUMNS)
    .where('id', '=', row.formula_id)
    .executeTakeFirstOrThrow()
  return toFormulaInstanceBody(context, row, formula)
}

/** Whose instances a caller sees (spec 30 §7). */
function seenInstances({ store }: Pick<FormulaContext, 'store'>, caller: Caller) {
  const rows = formulaDb(store)
    .selectFrom('formula_instances')
    .where('formula_instances.organization_id', '=', caller.organizationId)
  return caller.organizationAdmin ? rows : rows.where('formula_instances.account_id', '=', caller.accountId)
}

const FORMULA_COLUMNS = [
  ...(['formulas.id', 'formulas.name', 'formulas.active', 'engine', 'formulas.single_threaded'] as const),
  ...(['debug_logging_enabled', 'debug_logging_expires'] as const),
] as const

type InstanceRows = SelectQueryBuilder<FormulaTables, 'formula_instances', object>

async function pageOf(context: Context, rows: InstanceRows, page: PageQuery): Promise<InstancesPage> {
  const { total } = await rows.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const { shown, next } = await pageById(rows.selectAll('formula_instances'), page)
  const formulas = await formulasOf(context, shown)
  return {
    items: shown.flatMap((row) => {
      const formula = formulas.get(row.formula_id)
      return formula ? [toFormulaInstanceBody(context, row, formula)] : []
    }),
    total,
    next,
  }
}

async function formulasOf({ store }: Context, rows: readonly FormulaInstanceRow[]) {
  const ids = [...new Set(rows.map(({ formula_id }) => formula_id))].filter(isRowId)
  if (ids.length === 0) return new Map<number, never>()
  const formulas = await formulaDb(store)
    .selectFrom('formulas')
    .select(FORMULA_COLUMNS)
    .where('id', 'in', ids)
    .execute()
  return new Map(formulas.map((formula) => [formula.id, formula]))
}
