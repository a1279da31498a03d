import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../test/support/database.ts'
import { migrate } from './migrate.ts'

/** One file for each, registered by hand. */
const FILES = readdirSync(join(import.meta.dirname, 'migrations'))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replace(/\.ts$/, ''))
  .toSorted()

let database: Awaited<ReturnType<typeof createTestDatabase>>
let client: Client
beforeAll(async () => {
  database = await createTestDatabase()
  client = new Client(database.url)
  await client.connect()
  await client.query('drop schema public cascade; create schema public')
})
afterAll(async () => {
  await client.end()
  await database.drop()
})

describe('migrate', () => {
  test('several processes at once bring an empty database to the newest schema', async () => {
    await Promise.all(Array.from({ length: 6 }, () => migrate(database.url)))
    const { rows } = await client.query('select name from kysely_migration order by name')
    expect(rows).toEqual(FILES.map((name) => ({ name })))
    const tables = await client.query("select table_name from information_schema.tables where table_schema = 'public'")
    const names = tables.rows.map((row) => row.table_name)
    expect(names).toEqual(expect.arrayContaining(['accounts', 'audit_logs', 'elements', 'instances', 'traces']))
  })

  test('a second time changes nothing', async () => {
    const applied = () => client.query('select name, timestamp from kysely_migration order by name')
    const before = (await applied()).rows
    await migrate(database.url)
    expect((await applied()).rows).toEqual(before)
  })

  test('a database of a newer version is refused by name', async () => {
    await client.query(`insert into kysely_migration (name, timestamp) values ('9999-future', now()::text)`)
    await expect(migrate(database.url)).rejects.toThrow('migrated by a newer Valence (it contains "9999-future")')
    await client.query(`delete from kysely_migration where name = '9999-future'`)
  })

  test('a database that does not answer is named without user and password', async () => {
    const failure = migrate('postgres://someone:hidden@127.0.0.1:1/valence')
    await expect(failure).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/^cannot reach PostgreSQL at 127\.0\.0\.1:1\/valence: .*ECONNREFUSED/),
    })
    await expect(failure).rejects.not.toThrow(/someone|hidden/)
  })
})
