import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OWNER, openTestBulk } from '../../test/support/bulk.ts'
import { elementOf } from '../../test/support/engine.ts'
import { openTestStore } from '../../test/support/store.ts'
import type { Store } from '../store/database.ts'
import { bulkDb, inBulk } from './bulk-table.ts'
import { jobsStarted } from './count-jobs.ts'
import { advance, CANCEL_TOPIC, JobLost, takeJob } from './held-job.ts'
import { removeWithOwner } from './remove-with-owner.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const QUERY = { objectName: 'contacts', query: {}, metaData: {} }

function open() {
  const room = openTestBulk(store, () => Promise.reject(new Error('no vendor here')))
  return { room, instance: room.addInstance(elementOf()) }
}

describe('jobs of somebody who was closed', () => {
  for (const [who, closed] of [
    ['a user', { userId: OWNER.userId }],
    ['an account', { accountId: OWNER.accountId }],
    ['an organization', { organizationId: OWNER.organizationId }],
  ] as const) {
    test(`${who}: are gone, and nobody goes on with them`, async () => {
      const { room, instance } = open()
      const [held, waiting, foreign] = [
        await room.addJob(instance, QUERY),
        await room.addJob(instance, QUERY),
        await room.addJob(instance, QUERY, { user_id: 78, account_id: 13, organization_id: 4 }),
      ]
      const job = await takeJob(room.context, held)
      const cancelled: string[] = []
      const stop = store.changes.on(CANCEL_TOPIC, (key) => cancelled.push(key))
      await store.changes.transaction((trx, publish) => removeWithOwner(trx, publish, closed, room.clock.at))
      stop()
      expect((await room.job(held)).removed_at).toEqual(room.clock.at)
      expect((await room.job(waiting)).removed_at).toEqual(room.clock.at)
      expect((await room.job(foreign)).removed_at).toBeNull()
      expect(new Set(cancelled)).toEqual(new Set([String(held)]))
      expect(await takeJob(room.context, waiting)).toBeUndefined()
      const step = store.changes.transaction((trx) => advance(inBulk(trx), job ?? never(), {}, room.clock.at))
      await expect(step).rejects.toBeInstanceOf(JobLost)
    })
  }
})

test('jobs are counted by direction, with their records', async () => {
  const { room, instance } = open()
  const owner = { organization_id: 40, account_id: 41, user_id: 42 }
  const at = new Date('2026-01-05T10:00:00Z')
  await room.addJob(instance, QUERY, { ...owner, created_at: at, records_count: 1_200 })
  await room.addJob(instance, QUERY, { ...owner, created_at: at, records_count: 34 })
  await room.addJob(instance, QUERY, { ...owner, created_at: at, direction: 'UPLOAD', records_count: 5 })
  await room.addJob(instance, QUERY, { ...owner, created_at: at, direction: 'UPLOAD', status: 'RECEIVING' })
  const counts = await jobsStarted({ store })({
    scope: { organizationId: 40 },
    range: { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-01-31T00:00:00Z') },
    interval: 'day',
    by: 'account',
  })
  const bucket = new Date('2026-01-05T00:00:00Z')
  expect(counts).toEqual([
    { ownerId: 41, bucket, kind: 'DOWNLOAD', count: 2, records: 1_234 },
    { ownerId: 41, bucket, kind: 'UPLOAD', count: 1, records: 5 },
  ])
  expect(await bulkDb(store).selectFrom('bulk_jobs').select('id').where('account_id', '=', 41).execute()).toHaveLength(
    4,
  )
})

function never(): never {
  throw new Error('the job was not taken')
}
