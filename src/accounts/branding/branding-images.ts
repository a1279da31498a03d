import { randomBytes } from 'node:crypto'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { type Branding, changeBranding } from './branding.ts'
import { imageTypeOf } from './image-type.ts'

export type ImageKind = 'logo' | 'favicon'

export const MAX_IMAGE_BYTES = 512 * 1024

/**
 * `PATCH /organizations/branding/logo` and `/favicon`: the image gets a new address, the one before it is gone.
 * @throws ValenceError MEDIA_TYPE_UNSUPPORTED (415)
 */
export async function putBrandingImage(
  context: AccountsContext,
  caller: Caller,
  kind: ImageKind,
  bytes: Buffer,
): Promise<Branding> {
  const content_type = imageTypeOf(bytes)
  if (!content_type) {
    const text = `The ${kind} is no image that can be shown: expected PNG, JPEG, GIF, WebP or ICO. SVG is not taken, since it may hold scripts`
    throw new ValenceError('MEDIA_TYPE_UNSUPPORTED', text)
  }
  const row = { token: randomBytes(16).toString('hex'), content_type, bytes, updated_at: context.now() }
  return changeBranding(context, caller, 'update', async (trx) => {
    await trx
      .insertInto('branding_images')
      .values({ organization_id: caller.organizationId, kind, ...row })
      .onConflict((conflict) => conflict.columns(['organization_id', 'kind']).doUpdateSet(row))
      .execute()
  })
}

/** `DELETE /organizations/branding/logo` and `/favicon` */
export async function deleteBrandingImage(context: AccountsContext, caller: Caller, kind: ImageKind): Promise<void> {
  await changeBranding(context, caller, 'delete', async (trx) => {
    const images = trx.deleteFrom('branding_images').where('organization_id', '=', caller.organizationId)
    await images.where('kind', '=', kind).execute()
  })
}

/** Of anybody who knows its address: pages show it before anybody signs in. @throws ValenceError NOT_FOUND (404) */
export async function findBrandingImage(
  { store }: AccountsContext,
  token: string,
): Promise<{ contentType: string; bytes: Buffer }> {
  const image = await store.db
    .withTables<AccountsTables>()
    .selectFrom('branding_images')
    .innerJoin('organizations', 'organizations.id', 'organization_id')
    .select(['content_type as contentType', 'bytes'])
    .where('token', '=', token)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (!image) throw new ValenceError('NOT_FOUND', 'No image found at this address')
  return image
}
