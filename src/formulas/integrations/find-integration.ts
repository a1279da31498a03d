import type { Kysely, Transaction } from 'kysely'
import type { Operation } from '../../accounts/operations.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { idInWords, isRowId } from '../../model/row-id.ts'
import { type PageQuery, pageById } from '../../store/page-by-id.ts'
import type { FormulaContext } from '../context.ts'
import { type FormulaTables, formulaDb } from '../formula-table.ts'
import { type IntegrationBody, toIntegrationBodies } from './integration-body.ts'
import type { IntegrationRow } from './integration-table.ts'

type Context = Pick<FormulaContext, 'store' | 'authorize'>

export interface IntegrationsPage {
  items: IntegrationBody[]
  total: number
  next: number | undefined
}

/** `GET /integrations`, in order of id: of the caller's account; of the whole organization for its administrators. */
export async function listIntegrations(
  { store }: Context,
  caller: Caller,
  query: PageQuery,
): Promise<IntegrationsPage> {
  const db = formulaDb(store)
  const { organizationId, accountId, organizationAdmin } = caller
  let seen = db.selectFrom('integrations').where('organization_id', '=', organizationId)
  if (!organizationAdmin) seen = seen.where('account_id', '=', accountId)
  const { total } = await seen.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const { shown, next } = await pageById(seen.selectAll(), query)
  return { items: await toIntegrationBodies(db, shown), total, next }
}

/** `GET /integrations/{id}`. @throws ValenceError INTEGRATION_NOT_FOUND, FORBIDDEN */
export async function readIntegration(context: Context, caller: Caller, id: number): Promise<IntegrationBody> {
  const db = formulaDb(context.store)
  return bodyOf(db, await findIntegration(context, db, caller, 'integrations.read', id))
}

export async function bodyOf(db: Kysely<FormulaTables>, row: IntegrationRow): Promise<IntegrationBody> {
  const [body] = await toIntegrationBodies(db, [row])
  if (!body) throw new Error(`integration ${row.id} has no body`)
  return body
}

/** @throws ValenceError INTEGRATION_NOT_FOUND (404), FORBIDDEN (403) when it belongs to another account */
async function findIntegration(
  { authorize }: Pick<FormulaContext, 'authorize'>,
  db: Kysely<FormulaTables>,
  caller: Caller,
  operation: Operation,
  id: number,
): Promise<IntegrationRow> {
  const row = isRowId(id)
    ? await db.selectFrom('integrations').selectAll().where('id', '=', id).executeTakeFirst()
    : undefined
  if (!row) throw integrationNotFound(id)
  authorize(caller, operation, { accountId: row.account_id, organizationId: row.organization_id })
  return row
}

/** The same, for this transaction alone. */
export async function holdIntegration(
  context: Pick<FormulaContext, 'authorize'>,
  trx: Transaction<FormulaTables>,
  caller: Caller,
  operation: Operation,
  id: number,
): Promise<IntegrationRow> {
  await findIntegration(context, trx, caller, operation, id)
  const row = await trx.selectFrom('integrations').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  return row ?? Promise.reject(integrationNotFound(id))
}

function integrationNotFound(id: number): ValenceError {
  return new ValenceError('INTEGRATION_NOT_FOUND', `There is no integration with ${idInWords(id)}`)
}
