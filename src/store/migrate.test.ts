import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../test/support/database.ts'
import { migrate } from './migrate.ts'

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
    expect(rows).toEqual([{ name: '0001-foundation' }, { name: '0002-elements' }, { name: '0003-traces' }])
    const tables = await client.query(
      `select table_name from information_schema.tables where table_schema = 'public' and table_name not like 'kysely%' order by 1`,
    )
    expect(tables.rows.map((row) => row.table_name)).toEqual([
      'accounts',
      'catalog_properties',
      'data_keys',
      'element_accounts',
      'element_applications',
      'elements',
      'hubs',
      'instance_credentials',
      'instances',
      'login_tokens',
      'oauth_proxies',
      'oauth_proxy_states',
      'oauth_proxy_urls',
      'organizations',
      'traces',
      'users',
    ])
  })

  test('a second time changes nothing', async () => {
    await migrate(database.url)
    const { rows } = await client.query('select name from kysely_migration')
    expect(rows).toHaveLength(3)
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
