import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { openStore, type Store } from '../../src/store/database.ts'
import { keyRingFromText } from '../../src/store/key-ring.ts'
import { createTestDatabase } from './database.ts'

/** A store over a migrated database of its own. `close` drops the database. */
export async function openTestStore(): Promise<{ store: Store; url: string; close(): Promise<void> }> {
  const database = await createTestDatabase()
  const keyRing = keyRingFromText(`k1:${randomBytes(32).toString('base64')}`, 'test')
  const store = await openStore({ url: database.url, keyRing, log: pino({ level: 'silent' }) })
  return {
    store,
    url: database.url,
    async close() {
      await store.close()
      await database.drop()
    },
  }
}
