import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestStore } from '../../test/support/store.ts'
import type { Store } from '../store/database.ts'
import { keepPartitions } from '../store/time-partitions.ts'
import { AUDIT_PARTITIONS, type AuditTables } from './audit-table.ts'
import { type Actor, type Change, recordChange } from './record-change.ts'
import { recordSignIn } from './record-sign-in.ts'

let opened: Awaited<ReturnType<typeof openTestStore>>
let store: Store
beforeAll(async () => {
  opened = await openTestStore()
  store = opened.store
})
afterAll(() => opened.close())
const table = () => store.db.withTables<AuditTables>()
beforeEach(() => table().deleteFrom('audit_logs').execute())

const rows = () => table().selectFrom('audit_logs').selectAll().orderBy('id').execute()
const ada = (): Actor & { via: NonNullable<Actor['via']> } => ({
  userId: 5,
  accountId: 4,
  organizationId: 3,
  via: { requestId: 'a'.repeat(24), method: 'PUT', uri: '/elements/api-v2/users/9', ip: '192.0.2.7', changes: 0 },
})
const record = (actor: Actor, change: Change) =>
  store.db.transaction().execute((trx) => recordChange(trx, actor, change))

describe('a record of a change', () => {
  test('says who did what by which request, and what differs', async () => {
    const change: Change = {
      entity: 'user',
      id: 9,
      action: 'update',
      before: { name: 'Ada', password: 'old-one', active: true },
      after: { name: 'Ada', password: 'new-one', active: false },
    }
    const actor = ada()
    await record(actor, change)
    const [row, ...more] = await rows()
    expect(more).toEqual([])
    expect(row).toMatchObject({
      organization_id: 3,
      account_id: 4,
      user_id: 5,
      instance_id: null,
      entity_type: 'user',
      entity_id: '9',
      action: 'update',
      method: 'PUT',
      resource_uri: '/elements/api-v2/users/9',
      status: 200,
      ip_address: '192.0.2.7',
      request_id: 'a'.repeat(24),
      before: '{"password":"********","active":true}',
      after: '{"password":"********","active":false}',
    })
    expect(Math.abs(Date.now() - (row?.at.getTime() ?? 0))).toBeLessThan(10_000)
    expect(actor.via.changes).toBe(1)
  })

  test('is gone with the change that is rolled back', async () => {
    const work = store.db.transaction().execute(async (trx) => {
      await recordChange(trx, ada(), { entity: 'hub', id: 1, action: 'create', after: { key: 'a' } })
      throw new Error('no')
    })
    await expect(work).rejects.toThrow('no')
    expect(await rows()).toEqual([])
  })

  test('without a request, of another account, and of what did not change', async () => {
    const { via: _via, ...actor } = ada()
    const change: Change = {
      entity: 'element-instance',
      id: 7,
      instanceId: 7,
      action: 'enable',
      accountId: 8,
      before: { a: 1 },
      after: { a: 1 },
    }
    await record(actor, change)
    expect(await rows()).toMatchObject([
      { account_id: 8, instance_id: 7, method: null, status: null, before: null, after: null },
    ])
  })

  test('stands in the partition of its month', async () => {
    await record(ada(), { entity: 'hub', id: 1, action: 'create' })
    const { made } = await keepPartitions(store.db, AUDIT_PARTITIONS, new Date())
    expect(made).toHaveLength(3)
    await record(ada(), { entity: 'hub', id: 2, action: 'create' })
    const inMonth = await store.db
      .withTables<Record<string, AuditTables['audit_logs']>>()
      .selectFrom(made[0] ?? '')
      .select('entity_id')
      .orderBy('id')
      .execute()
    expect(inMonth).toEqual([{ entity_id: '1' }, { entity_id: '2' }])
  })
})

describe('a record of a sign-in', () => {
  test('of somebody we know belongs to his account, a failed one says why', async () => {
    const { via } = ada()
    const user = { id: 5, accountId: 4, organizationId: 3 }
    await recordSignIn(store.db, { user, status: 200, via })
    await recordSignIn(store.db, { user, status: 401, reason: 'wrong password', via })
    const shared = { user_id: 5, entity_type: 'authentication', entity_id: '5', account_id: 4, organization_id: 3 }
    expect(await rows()).toMatchObject([
      { ...shared, action: 'signIn', status: 200, after: null },
      { ...shared, action: 'signInFailed', status: 401, after: '{"reason":"wrong password"}' },
    ])
    expect(via.changes).toBe(2)
  })

  test('of nobody we know belongs to nobody', async () => {
    await recordSignIn(store.db, { user: undefined, status: 401, via: ada().via })
    expect(await rows()).toMatchObject([
      { organization_id: null, account_id: null, user_id: null, entity_id: null, ip_address: '192.0.2.7' },
    ])
  })
})
