import type { Transaction } from 'kysely'
import { readNeededText, readText, requireMembers } from '../../accounts/read-members.ts'
import { holdCaller } from '../../accounts/users/hold-caller.ts'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { cleanName } from '../clean-name.ts'
import type { FormulaContext } from '../context.ts'
import { type FormulaTables, inFormulas } from '../formula-table.ts'
import { bodyOf, holdIntegration } from './find-integration.ts'
import type { IntegrationBody } from './integration-body.ts'
import type { IntegrationRow } from './integration-table.ts'

type Context = Pick<FormulaContext, 'store' | 'authorize' | 'now'>
type Body = Readonly<Record<string, unknown>>

const MOST_INTEGRATIONS = 1_000

/** `POST /integrations` (spec 33 §2): of the caller's account. @throws ValenceError PARAMETER_MISSING, BODY_INVALID, ALREADY_EXISTS (409), TOO_MANY (409) */
export async function createIntegration(context: Context, caller: Caller, body: Body): Promise<IntegrationBody> {
  context.authorize(caller, 'integrations.create', caller)
  const said = readBody(body)
  return context.store.changes.transaction(async (plainTrx) => {
    await holdCaller(plainTrx, caller)
    const trx = inFormulas(plainTrx)
    await assertRoom(trx, caller.accountId)
    const at = context.now()
    const row = await trx
      .insertInto('integrations')
      .values({
        ...{ organization_id: caller.organizationId, account_id: caller.accountId, user_id: caller.userId },
        ...{ ...said, created_at: at, updated_at: at },
      })
      .onConflict((conflict) => conflict.columns(['account_id', 'name']).doNothing())
      .returningAll()
      .executeTakeFirst()
    if (!row) throw nameTaken(said.name)
    const after = await bodyOf(trx, row)
    await recordChange(plainTrx, caller, { ...about(row), action: 'create', after })
    return after
  })
}

/** `PUT /integrations/{id}`: name and stage. @throws ValenceError INTEGRATION_NOT_FOUND, FORBIDDEN, PARAMETER_MISSING, BODY_INVALID, ALREADY_EXISTS (409) */
export async function updateIntegration(
  context: Context,
  caller: Caller,
  id: number,
  body: Body,
): Promise<IntegrationBody> {
  const said = readBody(body)
  return context.store.changes.transaction(async (plainTrx) => {
    const trx = inFormulas(plainTrx)
    const present = await holdIntegration(context, trx, caller, 'integrations.update', id)
    const before = await bodyOf(trx, present)
    const row = await trx
      .updateTable('integrations')
      .set({ ...said, updated_at: context.now() })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error) => {
        if ((error as { code?: string }).code === '23505') throw nameTaken(said.name)
        throw error
      })
    const after = await bodyOf(trx, row)
    await recordChange(plainTrx, caller, { ...about(row), action: 'update', before, after })
    return after
  })
}

/** `DELETE /integrations/{id}`: what is attached to it stays. @throws ValenceError INTEGRATION_NOT_FOUND, FORBIDDEN */
export async function removeIntegration(context: Context, caller: Caller, id: number): Promise<void> {
  await context.store.changes.transaction(async (plainTrx) => {
    const trx = inFormulas(plainTrx)
    const present = await holdIntegration(context, trx, caller, 'integrations.delete', id)
    const before = await bodyOf(trx, present)
    await trx.deleteFrom('integrations').where('id', '=', id).execute()
    await recordChange(plainTrx, caller, { ...about(present), action: 'delete', before })
  })
}

/** They go with their account, in the transaction that deletes it. */
export async function removeIntegrationsOf<DB>(
  trx: Transaction<DB>,
  { accountId }: { accountId: number },
): Promise<void> {
  await inFormulas(trx).deleteFrom('integrations').where('account_id', '=', accountId).execute()
}

/** For its records in the audit log. */
export function about({ id, account_id }: IntegrationRow) {
  return { entity: 'integration', id, accountId: account_id } as const
}

function readBody(body: Body): Pick<IntegrationRow, 'name' | 'stage'> {
  requireMembers(body, ['name'])
  return { name: cleanName(readNeededText(body, 'name') ?? ''), stage: readText(body, 'stage') ?? null }
}

async function assertRoom(trx: Transaction<FormulaTables>, accountId: number): Promise<void> {
  const { count } = await trx
    .selectFrom('integrations')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  if (count < MOST_INTEGRATIONS) return
  throw new ValenceError('TOO_MANY', `An account keeps at most ${MOST_INTEGRATIONS} integrations; delete one first`)
}

function nameTaken(name: string): ValenceError {
  return new ValenceError('ALREADY_EXISTS', `The account has an integration with the name "${name}" already`)
}
