import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase } from '../../test/support/database.ts'
import { foundation } from './migrations/0001-foundation.ts'
import { elements } from './migrations/0002-elements.ts'
import { traces } from './migrations/0003-traces.ts'
import { accounts } from './migrations/0004-accounts.ts'

let database: Awaited<ReturnType<typeof createTestDatabase>>
let db: Kysely<unknown>
beforeAll(async () => {
  database = await createTestDatabase()
  db = new Kysely({ dialect: new PostgresDialect({ pool: new Pool({ connectionString: database.url, max: 1 }) }) })
  await sql`drop schema public cascade`.execute(db)
  await sql`create schema public`.execute(db)
})
afterAll(async () => {
  await db.destroy()
  await database.drop()
})

test('an organization of before keeps its administrator, and the first one may sign up others', async () => {
  for (const earlier of [foundation, elements, traces]) await earlier.up(db)
  await sql`insert into organizations (id, name, secret_ciphertext, secret_lookup) values (1, 'System', '', 's'), (2, 'Mine', '', 'm')`.execute(
    db,
  )
  await sql`insert into accounts (id, organization_id, name, default_account) values (1, 1, 'System', true), (2, 2, 'Default', true)`.execute(
    db,
  )
  await sql`insert into users (id, organization_id, account_id, email, first_name, last_name, secret_ciphertext, secret_lookup, organization_admin)
    values (1, 1, 1, 'system', 'S', 'U', '', 'a', false), (2, 2, 2, 'ada', 'A', 'L', '', 'b', true), (3, 2, 2, 'bob', 'B', 'B', '', 'c', false)`.execute(
    db,
  )

  await accounts.up(db)

  const granted = await sql`select user_id, role_key from user_roles order by 1, 2`.execute(db)
  expect(granted.rows).toEqual([
    { user_id: 2, role_key: 'customer-admin' },
    { user_id: 2, role_key: 'org-admin' },
    { user_id: 2, role_key: 'vdrAdmin' },
  ])
  const roles = await sql<{ key: string; count: number }>`
    select key, cardinality(privileges) as count from roles where organization_id = 2 order by key`.execute(db)
  expect(roles.rows).toEqual([
    { key: 'account', count: 15 },
    { key: 'admin', count: 19 },
    { key: 'default-user', count: 15 },
    { key: 'org', count: 15 },
    { key: 'org-admin', count: 27 },
  ])
  // a deleted user's address is free again
  await sql`update users set deleted_at = now() where id = 3`.execute(db)
  await sql`insert into users (id, organization_id, account_id, email, first_name, last_name, secret_ciphertext, secret_lookup)
    values (4, 2, 2, 'BOB', 'B', 'B', '', 'd')`.execute(db)
})
