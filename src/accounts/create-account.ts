import type { Kysely } from 'kysely'
import { recordChange } from '../audit/record-change.ts'
import type { Caller } from '../model/account.ts'
import { type AccountBody, readAccountInput, toAccountBody } from './account-body.ts'
import type { AccountsTables } from './accounts-table.ts'
import type { AccountsContext } from './context.ts'
import type { AccountRow } from './find-account.ts'
import { requireMembers } from './read-members.ts'

type Body = Readonly<Record<string, unknown>>

/**
 * `POST /accounts`: one for each customer of an organization (spec 50 §4). Name and description are the external id where none are given.
 * @throws ValenceError PARAMETER_MISSING without `externalId`, BODY_INVALID, FORBIDDEN
 */
export async function createAccount(context: AccountsContext, caller: Caller, body: Body): Promise<AccountBody> {
  context.authorize(caller, 'accounts.create')
  return addAccount(context, caller, caller.organizationId, body)
}

/** The same in any organization; who may, the caller has asked. */
export async function addAccount(
  { store }: AccountsContext,
  caller: Caller,
  organizationId: number,
  body: Body,
): Promise<AccountBody> {
  const values = readNewAccount(body)
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const made = toAccountBody(await insertAccount(trx, organizationId, values))
    const entry = { entity: 'account', id: made.id, action: 'create' } as const
    await recordChange(trx, caller, { ...entry, accountId: made.id, after: made })
    publish({ topic: 'account', key: String(made.id) })
    return made
  })
}

export interface NewAccount {
  name: string
  description: string | null
  external_id: string
}

/** @param where names the place in complaints. @throws ValenceError PARAMETER_MISSING, BODY_INVALID */
export function readNewAccount(body: Body, where?: string): NewAccount {
  requireMembers(body, ['externalId'], where)
  const { name, description, external_id } = readAccountInput({ ...body, name: body['name'] ?? undefined }).columns
  const externalId = external_id ?? ''
  return { name: name ?? externalId, description: description ?? externalId, external_id: externalId }
}

export function insertAccount(
  trx: Kysely<AccountsTables>,
  organizationId: number,
  values: NewAccount,
): Promise<AccountRow> {
  return trx
    .insertInto('accounts')
    .values({ ...values, organization_id: organizationId })
    .returningAll()
    .executeTakeFirstOrThrow()
}
