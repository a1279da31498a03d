import { randomBytes } from 'node:crypto'
import type { Generated, Kysely } from 'kysely'
import { contextOf, type DataKey, type DataKeys, type Sealer } from './cipher.ts'
import { nextId } from './next-id.ts'
import type { Tables } from './tables.ts'

type Purpose = 'lookup' | 'page-token'

interface DataKeyTable {
  id: Generated<number>
  purpose: string
  version: number
  ciphertext: string
  created_at: Generated<Date>
  retired_at: Date | null
}

/**
 * The keys behind lookup hashes and page tokens: random, one list per purpose, sealed by the ring in table `data_keys`. The first start creates
 * version 1 of each; processes that start at once agree on one.
 *
 * @throws ValenceError INTERNAL when the ring cannot open them
 */
export async function openDataKeys(db: Kysely<Tables>, sealer: Sealer): Promise<DataKeys> {
  const keys = db.withTables<{ data_keys: DataKeyTable }>()
  return { lookup: await keysFor('lookup'), pageToken: await keysFor('page-token') }

  async function keysFor(purpose: Purpose): Promise<DataKey[]> {
    const present = await read(purpose)
    if (present.length > 0) return present
    const id = await nextId(db, 'data_keys')
    const ciphertext = sealer.seal(randomBytes(32).toString('base64'), contextOf('data_keys', 'ciphertext', id))
    await keys
      .insertInto('data_keys')
      .values({ id, purpose, version: 1, ciphertext })
      .onConflict((conflict) => conflict.columns(['purpose', 'version']).doNothing())
      .execute()
    return read(purpose)
  }

  async function read(purpose: Purpose): Promise<DataKey[]> {
    const rows = await keys
      .selectFrom('data_keys')
      .select(['id', 'version', 'ciphertext'])
      .where('purpose', '=', purpose)
      .where('retired_at', 'is', null)
      .orderBy('version', 'desc')
      .execute()
    return rows.map(({ id, version, ciphertext }) => ({
      version,
      key: Buffer.from(sealer.open(ciphertext, contextOf('data_keys', 'ciphertext', id)), 'base64'),
    }))
  }
}
