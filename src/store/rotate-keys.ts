import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { contextOf, sealedPrefix } from './cipher.ts'
import type { Store } from './database.ts'
import { reasonOf } from './database-address.ts'

/** A column of sealed texts whose context is `contextOf(table, column, id)`. Each room exports the list of its own. */
export interface SealedColumn {
  table: string
  idColumn: string
  column: string
}

export interface ColumnRotation {
  table: string
  column: string
  /** rows that are now under the first key */
  rotated: number
  /** rows still under another key: locked or rewritten all the time, or not readable (`failures`); run again before removing a key */
  left: number
  failures: { id: number; reason: string }[]
}

const OWN_COLUMNS: SealedColumn[] = [{ table: 'data_keys', idColumn: 'id', column: 'ciphertext' }]
const BATCH = 200
const PASSES = 20
const PAUSE_MS = 500

/**
 * Re-encrypts every sealed text that is not under the ring's first key, while hubs work: row by row, and only if the row still holds the text
 * that was read, so a write in between wins. Interrupted, it has done a part; started again, it does the rest.
 *
 * Running hubs with a key file are told to read it again; hubs configured by `VALENCE_KEYS` must know the new key before this runs.
 *
 * @returns one entry per column, also when nothing was to do
 */
export async function rotateKeys(store: Store, { tables }: { tables: SealedColumn[] }): Promise<ColumnRotation[]> {
  await store.changes.transaction(async (_trx, publish) => publish({ topic: 'key-ring', key: '' }))
  const rotations: ColumnRotation[] = []
  for (const column of [...OWN_COLUMNS, ...tables]) rotations.push(await rotateColumn(store, column))
  return rotations
}

async function rotateColumn(store: Store, column: SealedColumn): Promise<ColumnRotation> {
  const rotation: ColumnRotation = { table: column.table, column: column.column, rotated: 0, left: 0, failures: [] }
  for (let pass = 1; pass <= PASSES; pass += 1) {
    rotation.failures = []
    rotation.left = 0
    const found = await rotateOnce(store, column, rotation)
    if (found === rotation.failures.length) break // nothing there, or nothing that another pass could change
    if (rotation.left > rotation.failures.length && pass < PASSES) await wait(PAUSE_MS)
  }
  return rotation
}

/** One pass over all rows in order of id. @returns how many rows were not under the first key */
async function rotateOnce(
  store: Store,
  { table, idColumn, column }: SealedColumn,
  rotation: ColumnRotation,
): Promise<number> {
  const prefix = sealedPrefix(store.keyRing.first().id)
  const [tableName, id, text] = [sql.table(table), sql.ref(idColumn), sql.ref(column)]
  let found = 0
  for (let after = 0; ; ) {
    const { rows } = await sql<{ id: number; sealed: string }>`
      select ${id} as id, ${text} as sealed from ${tableName}
      where ${id} > ${after} and not starts_with(${text}, ${prefix}) order by ${id} limit ${BATCH}`.execute(store.db)
    for (const row of rows) {
      const outcome = await rotateRow(row)
      if (outcome === 'rotated') rotation.rotated += 1
      else rotation.left += 1
    }
    found += rows.length
    const last = rows.at(-1)
    if (!last) return found
    after = last.id
  }

  async function rotateRow(row: { id: number; sealed: string }): Promise<'rotated' | 'left'> {
    const context = contextOf(table, column, row.id)
    let resealed: string
    try {
      resealed = store.cipher.seal(store.cipher.open(row.sealed, context), context)
    } catch (error) {
      rotation.failures.push({ id: row.id, reason: reasonOf(error) })
      return 'left'
    }
    // A row that a token refresh holds locked is not waited for: the next pass comes back to it.
    const { numAffectedRows } = await sql`
      update ${tableName} set ${text} = ${resealed}
      where ${id} = (select ${id} from ${tableName} where ${id} = ${row.id} and ${text} = ${row.sealed} for update skip locked)
    `.execute(store.db)
    return numAffectedRows === 1n ? 'rotated' : 'left'
  }
}
