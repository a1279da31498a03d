import { sql } from 'kysely'
import { sealedPrefix } from '../../store/cipher.ts'
import type { Store } from '../../store/database.ts'
import { bulkDb } from '../bulk-table.ts'
import { ringKeyEnding } from './sealed-files.ts'

/**
 * What a rotation of keys leaves as it is, because it may be very much and goes by itself some days after the end of its job (`sweep.ts`). Until
 * then the ring must keep the keys that sealed it.
 */
export interface UnderOlderKeys {
  /** of files */
  parts: number
  /** rows of errors */
  errors: number
}

/** Reads both tables from one end to the other. */
export async function countUnderOlderKeys(store: Pick<Store, 'db' | 'keyRing'>): Promise<UnderOlderKeys> {
  const { id } = store.keyRing.first()
  const ending = ringKeyEnding(id)
  const db = bulkDb(store)
  const { parts } = await db
    .selectFrom('bulk_parts')
    .select(({ fn }) => fn.countAll<number>().as('parts'))
    .where(sql<boolean>`right(key, ${ending.length}) <> ${ending}`)
    .executeTakeFirstOrThrow()
  const { errors } = await db
    .selectFrom('bulk_errors')
    .select(({ fn }) => fn.countAll<number>().as('errors'))
    .where(sql<boolean>`not starts_with(content, ${sealedPrefix(id)})`)
    .executeTakeFirstOrThrow()
  return { parts, errors }
}
