import type { Kysely, Selectable } from 'kysely'
import Type, { type Static } from 'typebox'
import { ValenceError } from '../../errors.ts'
import { DateOnly, dateOf } from '../../model/date-of.ts'
import { idInWords, isRowId } from '../../model/row-id.ts'
import type { AccountsTables, OrganizationTable } from '../accounts-table.ts'

export type OrganizationRow = Selectable<OrganizationTable>

/** The server's own: nobody signs in to it, and nobody gets to see it (spec 01 §3). */
export const SYSTEM_ORGANIZATION = 1
/** There is one customer, whoever runs the server; organizations are its. */
export const CUSTOMER_ID = 1

/** An organization on the wire (spec 50 §3). */
export const OrganizationBody = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    secret: Type.Optional(Type.String({ description: 'The `Organization` part of the header' })),
    externalId: Type.Optional(Type.String()),
    active: Type.Boolean(),
    status: Type.Enum(['paid', 'trial']),
    environment: Type.Enum(['production', 'test']),
    customerId: Type.Integer(),
    canCreatePeer: Type.Boolean({ description: 'Always false' }),
    twoFactorAuthEnabled: Type.Boolean({ description: 'Sign-in takes a code as well' }),
    vdrVersion: Type.String({ description: 'Generation of common resources: `v1` or `v2`' }),
    createdDate: DateOnly,
    updatedDate: DateOnly,
  },
  { title: 'Organization' },
)
export type OrganizationBody = Static<typeof OrganizationBody>

/** What can be said of an organization when it is made. */
export const OrganizationRequest = Type.Object(
  {
    name: Type.String(),
    externalId: Type.Optional(Type.String({ description: 'What your own system calls it' })),
    status: Type.Optional(Type.Enum(['paid', 'trial'])),
    environment: Type.Optional(Type.Enum(['production', 'test'])),
  },
  { title: 'OrganizationRequest' },
)

/** @param secret only for whoever is of the organization, or has just made it */
export function toOrganizationBody(row: OrganizationRow, secret?: string): OrganizationBody {
  return {
    id: row.id,
    name: row.name,
    ...(secret === undefined ? {} : { secret }),
    ...(row.external_id === null ? {} : { externalId: row.external_id }),
    active: row.active,
    status: row.status,
    environment: row.environment,
    customerId: CUSTOMER_ID,
    canCreatePeer: false,
    twoFactorAuthEnabled: row.two_factor_required,
    vdrVersion: row.vdr_version,
    createdDate: dateOf(row.created_at),
    updatedDate: dateOf(row.updated_at),
  }
}

/** Organizations that are there for anybody. */
export function organizationRows(db: Kysely<AccountsTables>) {
  return db
    .selectFrom('organizations')
    .selectAll()
    .where('id', '<>', SYSTEM_ORGANIZATION)
    .where('deleted_at', 'is', null)
}

/** @throws ValenceError ORGANIZATION_NOT_FOUND (404) */
export async function findOrganization(db: Kysely<AccountsTables>, id: number): Promise<OrganizationRow> {
  const row = isRowId(id) ? await organizationRows(db).where('id', '=', id).executeTakeFirst() : undefined
  return row ?? Promise.reject(organizationNotFound(id))
}

export function organizationNotFound(id: number): ValenceError {
  return new ValenceError('ORGANIZATION_NOT_FOUND', `There is no organization with ${idInWords(id)}`)
}
