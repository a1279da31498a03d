import type { Kysely } from 'kysely'
import Type, { type Static } from 'typebox'
import { DateOnly, dateOf } from '../model/date-of.ts'
import type { AccountsTables } from './accounts-table.ts'
import type { AccountRow } from './find-account.ts'
import { readNeededText, readSwitch, readText } from './read-members.ts'

/** An account on the wire (spec 50 §4). */
export const AccountBody = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    description: Type.Optional(Type.String()),
    externalId: Type.Optional(Type.String()),
    companyId: Type.Integer({ description: 'The organization' }),
    active: Type.Boolean(),
    defaultAccount: Type.Boolean(),
    type: Type.Enum(['Default', 'CompanyAccount']),
    createdDate: DateOnly,
    updatedDate: DateOnly,
  },
  { title: 'Account' },
)
export type AccountBody = Static<typeof AccountBody>

/** What can be said of an account when it is made or changed. */
export const AccountRequest = Type.Object(
  {
    externalId: Type.String({ description: 'What your own system calls it' }),
    name: Type.Optional(Type.String({ description: 'The external id when absent' })),
    description: Type.Optional(Type.String({ description: 'The external id when absent' })),
    active: Type.Optional(Type.Boolean()),
  },
  { title: 'AccountRequest' },
)

export function toAccountBody(row: AccountRow): AccountBody {
  return {
    id: row.id,
    name: row.name,
    ...(row.description === null ? {} : { description: row.description }),
    ...(row.external_id === null ? {} : { externalId: row.external_id }),
    companyId: row.organization_id,
    active: row.active,
    defaultAccount: row.default_account,
    type: row.type,
    createdDate: dateOf(row.created_at),
    updatedDate: dateOf(row.updated_at),
  }
}

const MAX_DESCRIPTION_LENGTH = 4_000

/** What a body says of an account; absent members it does not name. @throws ValenceError BODY_INVALID */
export function readAccountInput(body: Readonly<Record<string, unknown>>) {
  const columns = {
    name: readNeededText(body, 'name'),
    description: readText(body, 'description', MAX_DESCRIPTION_LENGTH),
    external_id: readText(body, 'externalId'),
  }
  const given: Partial<{ [Name in keyof typeof columns]: Exclude<(typeof columns)[Name], undefined> }> =
    Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined))
  return { columns: given, active: readSwitch(body, 'active') }
}

/** Accounts of one organization, inactive ones too. */
export function accountRows(db: Kysely<AccountsTables>, organizationId: number) {
  return db.selectFrom('accounts').selectAll().where('organization_id', '=', organizationId)
}
