import Type, { type Static } from 'typebox'
import type { Caller } from '../../model/account.ts'
import { DateOnly, dateOf } from '../../model/date-of.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import {
  CUSTOMER_ID,
  OrganizationBody,
  organizationRows,
  SYSTEM_ORGANIZATION,
  toOrganizationBody,
} from './organization-body.ts'

/** The level above organizations (spec 50 §1, §12). A server has one: whoever runs it. */
export const CustomerBody = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    active: Type.Boolean(),
    status: Type.Enum(['paid', 'trial']),
    environment: Type.Enum(['production', 'test']),
    createdDate: DateOnly,
    updatedDate: DateOnly,
    organizations: Type.Array(OrganizationBody, {
      description: `The first ones; \`/customers/organizations\` has all`,
    }),
    contacts: Type.Array(Type.Never(), { description: 'Always empty' }),
  },
  { title: 'Customer' },
)
type CustomerBody = Static<typeof CustomerBody>

const SHOWN = 200

/** `GET /customers/me` */
export async function readCustomer({ store, authorize }: AccountsContext, caller: Caller): Promise<CustomerBody> {
  authorize(caller, 'organizations.list')
  const db = store.db.withTables<AccountsTables>()
  // as old as the server
  const system = await db
    .selectFrom('organizations')
    .select(['created_at', 'updated_at'])
    .where('id', '=', SYSTEM_ORGANIZATION)
    .executeTakeFirstOrThrow()
  const organizations = await organizationRows(db).orderBy('id').limit(SHOWN).execute()
  return {
    id: CUSTOMER_ID,
    name: 'Valence',
    active: true,
    status: 'paid',
    environment: 'production',
    createdDate: dateOf(system.created_at),
    updatedDate: dateOf(system.updated_at),
    organizations: organizations.map((row) => toOrganizationBody(row)),
    contacts: [],
  }
}
