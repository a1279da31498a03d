import { Pool } from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../test/support/database.ts'
import { KEPT_PLANS, KeepingClient } from './kept-statements.ts'

test('a statement that comes again and again is kept; one that comes once, or is several commands, is not', async () => {
  const database = await createTestDatabase()
  const pool = new Pool({ connectionString: database.url, max: 1, Client: KeepingClient, options: KEPT_PLANS })
  for (let n = 0; n < 30; n++) {
    // as the queue's own look after its jobs does
    await pool.query('select 1; select 2', [])
    const { rows } = await pool.query('select $1::int as n', [n])
    expect(rows).toEqual([{ n }])
  }
  await pool.query('select $1::text as once', ['x'])
  const { rows } = await pool.query('select statement, generic_plans::int as runs from pg_prepared_statements')
  expect(rows).toEqual([{ statement: 'select $1::int as n', runs: 10 }])
  await pool.end()
  await database.drop()
})
