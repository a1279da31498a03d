import type { ColumnType, Generated, JSONColumnType, Kysely } from 'kysely'
import { contextOf } from '../store/cipher.ts'
import type { Store } from '../store/database.ts'
import type { SealedColumn } from '../store/rotate-keys.ts'

/** Tables of this room. Secret configuration values are in `instance_credentials`, the others in `instances`. */
export type InstanceTables = {
  instances: InstanceTable
  instance_credentials: CredentialTable
  traces: TraceTable
}

export type InstanceTable = {
  id: Generated<number>
  organization_id: number
  account_id: number
  user_id: number
  element_id: number
  name: string
  tags: string[]
  token_ciphertext: string
  token_lookup: string
  /** values that are not secret, as given; element defaults are not stored */
  configuration: JSONColumnType<Record<string, string | null>>
  valid: Generated<boolean>
  disabled: Generated<boolean>
  external_authentication: string
  /** name of the OAuth proxy whose application it was provisioned with */
  oauth_proxy: string | null
  /** `default` when it uses the platform's own registered application */
  application: string | null
  created_at: ColumnType<Date, Date | undefined, never>
  updated_at: ColumnType<Date, Date | undefined, Date>
  deleted_at: Date | null
  /** calls are traced until then */
  trace_until: Date | null
  /** outcome of revoking the vendor's tokens at deletion */
  revocation: JSONColumnType<Revocation> | null
}

export type CredentialTable = {
  instance_id: number
  /** sealed JSON object, configuration key → value */
  ciphertext: string
  /** grows with every stored change; a waiter compares it after it got the row lock */
  version: Generated<number>
  refresh_state: RefreshState | null
  refreshed_at: Date | null
  refresh_failed_at: Date | null
  refresh_message: string | null
}

export type TraceTable = {
  id: string
  organization_id: number
  account_id: number
  element_id: number
  instance_id: number | null
  /** null: of no HTTP request */
  request_id: string | null
  /** JSON, masked before it is stored */
  document: string
  created_at: ColumnType<Date, Date | undefined, never>
  expires_at: Date
}

export type RefreshState = 'ok' | 'failing' | 'failed'

export interface Revocation {
  state: 'pending' | 'revoked' | 'failed' | 'not supported'
  date: string
  message?: string
}

export const SEALED_COLUMNS: SealedColumn[] = [
  { table: 'instances', idColumn: 'id', column: 'token_ciphertext' },
  { table: 'instance_credentials', idColumn: 'instance_id', column: 'ciphertext' },
]

export function instanceDb(store: Pick<Store, 'db'>): Kysely<InstanceTables> {
  return store.db.withTables<InstanceTables>()
}

/** Locks on credentials are held while a vendor answers, so they use the pool of their own. */
export function credentialDb(store: Pick<Store, 'credentialDb'>): Kysely<InstanceTables> {
  return store.credentialDb.withTables<InstanceTables>()
}

export function sealToken(store: Pick<Store, 'cipher'>, id: number, token: string): string {
  return store.cipher.seal(token, contextOf('instances', 'token_ciphertext', id))
}

export function openToken(store: Pick<Store, 'cipher'>, id: number, sealed: string): string {
  return store.cipher.open(sealed, contextOf('instances', 'token_ciphertext', id))
}

export function sealCredentials(
  store: Pick<Store, 'cipher'>,
  id: number,
  values: Record<string, string | null>,
): string {
  return store.cipher.seal(JSON.stringify(values), contextOf('instance_credentials', 'ciphertext', id))
}

export function openCredentials(
  store: Pick<Store, 'cipher'>,
  id: number,
  sealed: string,
): Record<string, string | null> {
  return JSON.parse(store.cipher.open(sealed, contextOf('instance_credentials', 'ciphertext', id))) as Record<
    string,
    string | null
  >
}
