import Type, { type Static } from 'typebox'
import { recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { storableText } from '../model/storable-text.ts'
import type { AccountsTables } from './accounts-table.ts'
import type { AccountsContext } from './context.ts'
import { findAccount, ownerOf } from './find-account.ts'
import { readWord } from './read-members.ts'

export const SettingsBody = Type.Record(
  Type.String(),
  Type.Unsafe<unknown>({ type: ['string', 'number', 'boolean', 'null'] }),
  { title: 'AccountSettings', description: 'Flat; PATCH with null takes a key away' },
)
type Settings = Readonly<Static<typeof SettingsBody>>

const MAX_KEYS = 200
const MAX_BYTES = 64 * 1024

/** Settings that mean something to the hub, with their words; all others are kept for whoever set them (spec 41 §5). */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  'notification.webhook.failure.policy': ['retry', 'queue'],
  'hub.model': ['vendor', 'canonical'],
}

/** `GET /accounts/settings` and `/accounts/{id}/settings`. @throws ValenceError ACCOUNT_NOT_FOUND, FORBIDDEN */
export async function readSettings(
  { store, authorize }: AccountsContext,
  caller: Caller,
  accountId: number,
): Promise<Settings> {
  const account = await findAccount(store.db.withTables<AccountsTables>(), accountId)
  authorize(caller, 'accountSettings.read', ownerOf(account))
  return account.settings
}

/**
 * `PATCH` adds to what is there, null takes a key away; `POST` begins anew (spec 41 §5).
 *
 * @param merge false: what the body does not name is gone
 * @returns all settings
 * @throws ValenceError BODY_INVALID, BODY_TOO_LARGE, ACCOUNT_NOT_FOUND, FORBIDDEN
 */
export async function writeSettings(
  { store, authorize, now }: AccountsContext,
  caller: Caller,
  accountId: number,
  body: Settings,
  { merge }: { merge: boolean },
): Promise<Settings> {
  const account = await findAccount(store.db.withTables<AccountsTables>(), accountId)
  authorize(caller, 'accountSettings.update', ownerOf(account))
  const given = checked(body)
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const { settings: before } = await trx
      .selectFrom('accounts')
      .select('settings')
      .where('id', '=', accountId)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow()
    const after = bounded(merge ? [...Object.entries(before), ...given] : given)
    await trx
      .updateTable('accounts')
      .set({ settings: JSON.stringify(after), updated_at: now() })
      .where('id', '=', accountId)
      .execute()
    const entry = { entity: 'settings', id: accountId, action: 'update', accountId } as const
    await recordChange(trx, caller, { ...entry, before, after })
    publish({ topic: 'account', key: String(accountId) })
    return after
  })
}

function checked(body: Settings): [string, unknown][] {
  return Object.entries(body).map(([key, value]) => {
    const words = Object.hasOwn(WORDS, key) ? WORDS[key] : undefined
    if (words) return [key, readWord(body, key, words) ?? null]
    if (typeof value === 'string') return [key, storableText(value)]
    if (value === null || typeof value === 'number' || typeof value === 'boolean') return [key, value]
    throw new ValenceError('BODY_INVALID', `${key}: settings are flat; expected text, a number, true, false or null`)
  })
}

/** The last word on each key counts; null takes it away. */
function bounded(entries: readonly [string, unknown][]): Settings {
  const settings = Object.fromEntries([...new Map(entries)].filter(([, value]) => value !== null))
  const keys = Object.keys(settings).length
  if (keys > MAX_KEYS) {
    throw new ValenceError('BODY_INVALID', `An account has at most ${MAX_KEYS} settings; these would be ${keys}`)
  }
  const sizeBytes = Buffer.byteLength(JSON.stringify(settings))
  if (sizeBytes > MAX_BYTES) {
    throw new ValenceError('BODY_TOO_LARGE', `Settings take at most ${MAX_BYTES} bytes; these take ${sizeBytes}`)
  }
  return settings
}
