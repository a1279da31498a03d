import type { Kysely } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { type BrandingField, readBranding } from './branding-fields.ts'

/** The look of an organization's portal; `logo` and `favicon` are addresses of uploaded images. */
export type Branding = Partial<Record<BrandingField | 'logo' | 'favicon', string>>

/** `GET /organizations/branding` @throws ValenceError NOTHING_FOUND (404) */
export async function readOwnBranding(context: AccountsContext, caller: Caller): Promise<Branding> {
  const branding = await brandingOf(context, context.store.db.withTables<AccountsTables>(), caller.organizationId)
  if (Object.keys(branding).length === 0) throw new ValenceError('NOTHING_FOUND', 'No branding found')
  return branding
}

/** `PUT /organizations/branding`: all fields anew; images stay. @throws ValenceError BODY_INVALID, see `readBranding` */
export async function putBranding(
  context: AccountsContext,
  caller: Caller,
  body: Readonly<Record<string, unknown>>,
): Promise<Branding> {
  const document = JSON.stringify(readBranding(body))
  return changeBranding(context, caller, 'update', async (trx) => {
    const row = { document, updated_at: context.now() }
    await trx
      .insertInto('brandings')
      .values({ organization_id: caller.organizationId, ...row })
      .onConflict((conflict) => conflict.column('organization_id').doUpdateSet(row))
      .execute()
  })
}

/** `DELETE /organizations/branding`, images included. */
export async function deleteBranding(context: AccountsContext, caller: Caller): Promise<void> {
  await changeBranding(context, caller, 'delete', async (trx) => {
    for (const table of ['brandings', 'branding_images'] as const)
      await trx.deleteFrom(table).where('organization_id', '=', caller.organizationId).execute()
  })
}

/** Runs a change and writes down what it made of the branding. @returns the branding afterwards */
export async function changeBranding(
  context: AccountsContext,
  caller: Caller,
  action: string,
  change: (trx: Kysely<AccountsTables>) => Promise<void>,
): Promise<Branding> {
  return context.store.changes.transaction(async (plainTrx) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const before = await brandingOf(context, trx, caller.organizationId)
    await change(trx)
    const after = await brandingOf(context, trx, caller.organizationId)
    if (action !== 'delete' || Object.keys(before).length > 0)
      await recordChange(trx, caller, { entity: 'branding', action, before, after })
    return after
  })
}

async function brandingOf(
  { publicUrl }: AccountsContext,
  db: Kysely<AccountsTables>,
  organizationId: number,
): Promise<Branding> {
  const row = await db
    .selectFrom('brandings')
    .select('document')
    .where('organization_id', '=', organizationId)
    .executeTakeFirst()
  const images = await db
    .selectFrom('branding_images')
    .select(['kind', 'token'])
    .where('organization_id', '=', organizationId)
    .orderBy('kind', 'desc')
    .execute()
  const address = (token: string) => `${publicUrl()}/elements/api-v2/organizations/branding/images/${token}`
  return { ...row?.document, ...Object.fromEntries(images.map(({ kind, token }) => [kind, address(token)])) }
}
