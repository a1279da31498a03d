import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../test/support/database.ts'
import { contextOf } from './cipher.ts'
import { openStore, type Store } from './database.ts'
import { generateRingKey, type KeyRing, keyRingFromText, openKeyRing } from './key-ring.ts'
import { rotateKeys } from './rotate-keys.ts'

const log = pino({ level: 'silent' })
const NOTES = [{ table: 'notes', idColumn: 'id', column: 'body_ciphertext' }]
type Notes = { notes: { id: number; body_ciphertext: string | null } }

let database: Awaited<ReturnType<typeof createTestDatabase>>
let folder: string
const open: Store[] = []
const openOne = async (keyRing: KeyRing) => {
  const store = await openStore({ url: database.url, keyRing, log })
  open.push(store)
  return store
}
beforeAll(async () => {
  database = await createTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'valence-rotate-'))
})
afterAll(async () => {
  await Promise.all(open.map((store) => store.close()))
  await database.drop()
  await rm(folder, { recursive: true })
})

describe('rotating keys', () => {
  test('re-encrypts every row, the data keys too, while another hub reads and writes', async () => {
    const hub = await openOne(await openKeyRing({ dataDir: folder }))
    const oldId = hub.keyRing.first().id
    const notes = notesOf(hub)
    await sql`create table notes (id integer primary key, body_ciphertext text)`.execute(hub.db)
    await fillNotes(hub, 450)
    await notes.insertInto('notes').values({ id: 10_000, body_ciphertext: null }).execute()
    const lookup = hub.cipher.lookup('secret')

    const newId = await generateRingKey(folder)
    const command = await openOne(await openKeyRing({ dataDir: folder }))
    let busy = true
    const written = new Map<number, string>()
    const work = (async () => {
      for (let turn = 0; busy; turn += 1) {
        const id = 1 + ((turn * 7) % 450)
        const body = `rewritten ${turn}`
        await notes
          .updateTable('notes')
          .set({ body_ciphertext: sealNote(hub, id, body) })
          .where('id', '=', id)
          .execute()
        written.set(id, body)
        expect(await readNote(hub, 1 + ((turn * 13) % 450))).toMatch(/note|rewritten/)
      }
    })()
    const rotations = await rotateKeys(command, { tables: NOTES })
    busy = false
    await work

    expect(rotations).toEqual([
      { table: 'data_keys', column: 'ciphertext', rotated: 2, left: 0, failures: [] },
      { table: 'notes', column: 'body_ciphertext', rotated: expect.any(Number), left: 0, failures: [] },
    ])
    expect(hub.keyRing.first().id).toBe(newId)
    expect(await countUnder(hub, oldId)).toBe(0)
    expect(await countUnder(hub, newId)).toBe(450)
    for (const [id, body] of written) expect(await readNote(command, id)).toBe(body)

    const later = await openOne(await openKeyRing({ dataDir: folder }))
    expect(later.cipher.lookup('secret')).toBe(lookup)
    const [again] = (await rotateKeys(later, { tables: NOTES })).slice(1)
    expect(again).toMatchObject({ rotated: 0, left: 0 })
  })

  test('a row that somebody holds locked is left alone and done when it is free', async () => {
    const store = await openOne(await openKeyRing({ dataDir: folder }))
    const newId = await generateRingKey(folder)
    const locked = Promise.withResolvers<void>()
    const holding = store.credentialDb.transaction().execute(async (trx) => {
      await sql`select 1 from notes where id = 7 for update`.execute(trx)
      locked.resolve()
      await wait(300)
    })
    await locked.promise
    const [, rotation] = await rotateKeys(store, { tables: NOTES })
    await holding
    expect(rotation).toMatchObject({ rotated: 450, left: 0, failures: [] })
    expect(await countUnder(store, newId)).toBe(450)
  })

  test('rows that do not open are reported by id and the others done', async () => {
    const store = await openOne(await openKeyRing({ dataDir: folder }))
    const stranger = keyRingFromText(`k9:${randomBytes(32).toString('base64')}`, 'test')
    await notesOf(store)
      .updateTable('notes')
      .set({ body_ciphertext: `v1.${stranger.first().id}.${'A'.repeat(60)}` })
      .where('id', 'in', [3, 250])
      .execute()
    await generateRingKey(folder)
    const [, rotation] = await rotateKeys(store, { tables: NOTES })
    expect(rotation).toMatchObject({ rotated: 448, left: 2 })
    expect(rotation?.failures).toEqual(
      [3, 250].map((id) => ({
        id,
        reason: expect.stringContaining(`notes.body_ciphertext:${id} is sealed with key "k9"`),
      })),
    )
  })
})

function notesOf(store: Store): Kysely<Notes> {
  return store.db.withTables<Notes>()
}

async function fillNotes(store: Store, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => index + 1)
  await notesOf(store)
    .insertInto('notes')
    .values(rows.map((id) => ({ id, body_ciphertext: sealNote(store, id, `note ${id}`) })))
    .execute()
}

function sealNote(store: Store, id: number, body: string): string {
  return store.cipher.seal(body, contextOf('notes', 'body_ciphertext', id))
}

async function readNote(store: Store, id: number): Promise<string> {
  const { body_ciphertext } = await notesOf(store)
    .selectFrom('notes')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return store.cipher.open(body_ciphertext ?? '', contextOf('notes', 'body_ciphertext', id))
}

async function countUnder(store: Store, keyId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from notes where starts_with(body_ciphertext, ${`v1.${keyId}.`})`.execute(store.db)
  return rows[0]?.count ?? -1
}
