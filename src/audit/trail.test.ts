import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTestStore } from '../../test/support/store.ts'
import type { Store } from '../store/database.ts'
import type { Tables } from '../store/tables.ts'
import type { AuditTables } from './audit-table.ts'
import { createTrail } from './trail.ts'
import { unchangedRecord } from './unchanged-record.ts'

let opened: Awaited<ReturnType<typeof openTestStore>>
let store: Store
beforeAll(async () => {
  opened = await openTestStore()
  store = opened.store
})
afterAll(() => opened.close())
let said: { lost?: number; waiting?: number }[]
const log = Object.assign(pino({ level: 'silent' }), {
  warn: (facts: object) => void said.push(facts),
  error: (facts: object) => void said.push(facts),
})
beforeEach(async () => {
  said = []
  await store.db.withTables<AuditTables>().deleteFrom('audit_logs').execute()
})

const caller = { userId: 5, accountId: 4, organizationId: 3 }
const record = (id = '7') => unchangedRecord(caller, { entity: 'element-instance', id, action: 'update' }, 404)
const stored = async () =>
  await store.db
    .withTables<AuditTables>()
    .selectFrom('audit_logs')
    .select(['entity_id', 'instance_id'])
    .orderBy('id')
    .execute()
const unreachable = () =>
  new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: new Pool({ connectionString: 'postgres://127.0.0.1:1/none' }) }),
  })

test('what is noted is written together, in order, also what comes while that happens', async () => {
  const trail = createTrail(store, log)
  for (let id = 1; id <= 450; id++) trail.note(record(String(id)))
  const flushed = trail.flush()
  trail.note(record('451'))
  await flushed
  await trail.flush()
  expect((await stored()).map((row) => Number(row.entity_id))).toEqual(
    Array.from({ length: 451 }, (_, index) => index + 1),
  )
  expect(said).toEqual([])
})

test('it is written without being asked for', async () => {
  createTrail(store, log).note(record())
  await expect.poll(stored, { timeout: 5_000 }).toEqual([{ entity_id: '7', instance_id: 7 }])
})

test('what a database does not take waits; what does not fit any more is counted', async () => {
  const trail = createTrail({ db: unreachable() }, log)
  for (let count = 0; count < 5_003; count++) trail.note(record())
  await trail.close()
  expect(said.some(({ waiting }) => waiting === 5_000)).toBe(true)
  expect(said.at(-1)).toEqual({ lost: 5_003 })
})

test('a record that the table refuses takes no other with it', async () => {
  const trail = createTrail(store, log)
  for (const id of ['1', '2', '3']) trail.note(record(id))
  trail.note({ ...record(), entity_type: null as never })
  trail.note(record('4'))
  await trail.flush()
  expect(said).toMatchObject([{ lost: 1 }])
  expect((await stored()).map(({ instance_id }) => instance_id)).toEqual([1, 2, 3, 4])
})

test('what a path names is cut and cleaned before it is a record', () => {
  const { entity_id, instance_id } = record(`${'x'.repeat(500)}`)
  expect([entity_id?.length, instance_id]).toEqual([200, null])
  expect(record('a\0b')).toMatchObject({ entity_id: 'a\ufffdb', instance_id: null })
})
