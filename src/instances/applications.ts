import type { Generated, Kysely } from 'kysely'
import Type, { type Static } from 'typebox'
import { type Change, recordChange } from '../audit/record-change.ts'
import { OAUTH_ADDRESS_KEYS } from '../engine/address-keys.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Element } from '../model/element.ts'
import { MASK } from '../redact.ts'
import { contextOf } from '../store/cipher.ts'
import { nextId } from '../store/next-id.ts'
import type { SealedColumn } from '../store/rotate-keys.ts'
import { maskedByName, readConfiguration } from './configuration.ts'
import type { InstanceContext } from './context.ts'
import { assertUnused } from './in-use.ts'

/**
 * The organization's own registered application of an element: its users connect accounts without seeing key and
 * secret (`GET /elements/{k}/oauth/url/default`, spec 10 §5.2).
 */
export interface Application {
  apiKey: string
  apiSecret: string
  callbackUrl: string
  configuration: Record<string, string | null>
  /** of a private element: where its secret may go, as it was when an administrator registered it */
  addresses?: Record<string, string | null>
}

/** One on the wire; key and secret are `********`. */
export const ApplicationBody = Type.Object(
  {
    element: Type.String({ description: 'Key of the element' }),
    apiKey: Type.String(),
    apiSecret: Type.String(),
    callbackUrl: Type.String(),
    configuration: Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()])),
  },
  { title: 'Application' },
)

/** Body of `PUT …/oauth/application`; what is left out, or `********`, stays. */
export const ApplicationRequest = Type.Object(
  {
    apiKey: Type.Optional(Type.String()),
    apiSecret: Type.Optional(Type.String()),
    callbackUrl: Type.Optional(Type.String()),
    configuration: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  { title: 'ApplicationRequest' },
)

type ApplicationTables = {
  element_applications: {
    id: Generated<number>
    organization_id: number
    element_id: number
    credentials_ciphertext: string
    updated_at: Generated<Date>
  }
}

export const SEALED_COLUMNS: SealedColumn[] = [
  { table: 'element_applications', idColumn: 'id', column: 'credentials_ciphertext' },
]

const tables = (context: InstanceContext): Kysely<ApplicationTables> => context.store.db.withTables<ApplicationTables>()
const sealContext = (id: number) => contextOf('element_applications', 'credentials_ciphertext', id)

/** @throws ValenceError CONFIGURATION_MISSING, ELEMENT_NOT_FOUND, FORBIDDEN */
export async function putApplication(
  context: InstanceContext,
  caller: Caller,
  keyOrId: string,
  body: Record<string, unknown>,
) {
  context.authorize(caller, 'applications.manage')
  const { element } = await context.elements.require(caller, keyOrId)
  const stored = await findApplication(context, caller.organizationId, element.id)
  const application: Application = {
    apiKey: textOf(body['apiKey']) ?? stored?.apiKey ?? '',
    apiSecret: textOf(body['apiSecret']) ?? stored?.apiSecret ?? '',
    callbackUrl: textOf(body['callbackUrl']) ?? stored?.callbackUrl ?? '',
    configuration: { ...stored?.configuration, ...readConfiguration(body['configuration']) },
    ...(element.private ? { addresses: oauthAddresses(element) } : {}),
  }
  const missing = (['apiKey', 'apiSecret', 'callbackUrl'] as const).filter((name) => application[name] === '')
  if (missing.length > 0) throw new ValenceError('CONFIGURATION_MISSING', `Missing: ${missing.join(', ')}`)

  await context.store.changes.transaction(async (trx) => {
    const db = trx.withTables<ApplicationTables>()
    const row = await db
      .selectFrom('element_applications')
      .select('id')
      .where('organization_id', '=', caller.organizationId)
      .where('element_id', '=', element.id)
      .forUpdate()
      .executeTakeFirst()
    const id = row?.id ?? (await nextId(trx, 'element_applications'))
    const sealed = context.store.cipher.seal(JSON.stringify(application), sealContext(id))
    await db
      .insertInto('element_applications')
      .values({ id, organization_id: caller.organizationId, element_id: element.id, credentials_ciphertext: sealed })
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet({ credentials_ciphertext: sealed, updated_at: context.now() }),
      )
      .execute()
    await recordChange(trx, caller, applicationChange('update', element.id, { before: stored, after: application }))
  })
  return toApplicationBody(application, element.key)
}

/** The element's own OAuth addresses by configuration key. */
export function oauthAddresses(element: Element): Record<string, string | null> {
  const defaults = new Map(element.configuration.map((row) => [row.key, row.defaultValue ?? null]))
  return Object.fromEntries(OAUTH_ADDRESS_KEYS.map((key) => [key, defaults.get(key) ?? null]))
}

/** @throws ValenceError NOT_FOUND when the organization registered none */
export async function getApplication(context: InstanceContext, caller: Caller, keyOrId: string) {
  context.authorize(caller, 'applications.manage')
  const { element } = await context.elements.require(caller, keyOrId)
  return toApplicationBody(
    await requireApplication(context, caller.organizationId, element.id, element.key),
    element.key,
  )
}

export async function deleteApplication(context: InstanceContext, caller: Caller, keyOrId: string): Promise<void> {
  context.authorize(caller, 'applications.manage')
  const { element } = await context.elements.require(caller, keyOrId)
  const before = await requireApplication(context, caller.organizationId, element.id, element.key)
  await assertUnused(context, `The default OAuth application of ${element.name}`, {
    organizationId: caller.organizationId,
    applicationOf: element.id,
  })
  await tables(context)
    .transaction()
    .execute(async (trx) => {
      await trx
        .deleteFrom('element_applications')
        .where('organization_id', '=', caller.organizationId)
        .where('element_id', '=', element.id)
        .execute()
      await recordChange(trx, caller, applicationChange('delete', element.id, { before }))
    })
}

function applicationChange(
  action: string,
  elementId: number,
  sides: { before?: Application | undefined; after?: Application },
): Change {
  const values = [sides.before, sides.after].flatMap((one) => (one ? [one.apiKey, one.apiSecret] : []))
  return { entity: 'oauth-application', id: elementId, action, ...sides, secrets: { values } }
}

export async function findApplication(
  context: InstanceContext,
  organizationId: number,
  elementId: number,
): Promise<Application | undefined> {
  const row = await tables(context)
    .selectFrom('element_applications')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('element_id', '=', elementId)
    .executeTakeFirst()
  if (!row) return undefined
  return JSON.parse(context.store.cipher.open(row.credentials_ciphertext, sealContext(row.id))) as Application
}

async function requireApplication(context: InstanceContext, organizationId: number, elementId: number, key: string) {
  const application = await findApplication(context, organizationId, elementId)
  if (!application) {
    throw new ValenceError(
      'NOT_FOUND',
      `No default OAuth application is registered for ${key}; PUT /elements/${key}/oauth/application registers one`,
    )
  }
  return application
}

function toApplicationBody(application: Application, elementKey: string): Static<typeof ApplicationBody> {
  return {
    element: elementKey,
    apiKey: MASK,
    apiSecret: MASK,
    callbackUrl: application.callbackUrl,
    configuration: maskedByName(application.configuration),
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value !== MASK ? value : undefined
}
