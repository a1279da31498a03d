import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestBulk } from '../../test/support/bulk.ts'
import { elementOf } from '../../test/support/engine.ts'
import { openTestStore } from '../../test/support/store.ts'
import type { Store } from '../store/database.ts'
import { inBulk } from './bulk-table.ts'
import { advance, finish, type HeldJob, JobLost, release, takeJob } from './held-job.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const nothingAsked = () => Promise.reject(new Error('no vendor here'))

async function heldDownload() {
  const room = openTestBulk(store, nothingAsked)
  const instance = room.addInstance(elementOf())
  const id = await room.addJob(instance, { objectName: 'contacts', query: {}, metaData: {} })
  const job = (await takeJob(room.context, id)) as HeldJob
  const step = (held: HeldJob, count: number) =>
    store.changes.transaction((trx) =>
      advance(inBulk(trx), held, { records_count: count, position: { nextPage: 'two' } }, room.clock.at),
    )
  return { room, id, job, step }
}

describe('a job in the hands of a process', () => {
  test('is running, and goes on where its last step came to', async () => {
    const { room, id, job, step } = await heldDownload()
    expect(job).toMatchObject({ status: 'RUNNING', wasInterrupted: false, request: { objectName: 'contacts' } })
    await step(job, 200)
    await release(room.context, job)
    expect(await takeJob(room.context, id)).toMatchObject({
      records_count: 200,
      position: { nextPage: 'two' },
      wasInterrupted: false,
      reset_attempts: 0,
    })
  })

  test('was interrupted when nobody let go of it', async () => {
    const { room, id } = await heldDownload()
    expect(await takeJob(room.context, id)).toMatchObject({ wasInterrupted: true, reset_attempts: 1 })
  })

  test('is lost once another process has taken it', async () => {
    const { room, id, job, step } = await heldDownload()
    await takeJob(room.context, id)
    await expect(step(job, 200)).rejects.toThrow(JobLost)
    expect((await room.job(id)).records_count).toBe(0)
  })

  test('ends once: what waits for it is woken, and nobody takes it again', async () => {
    const { room, id, job } = await heldDownload()
    await store.changes.transaction((trx, publish) =>
      finish(room.context, inBulk(trx), publish, { ...job, callback: 'sealed' }, { status: 'ABORTED', error: 'no' }),
    )
    expect(await room.job(id)).toMatchObject({
      status: 'ABORTED',
      error: 'no',
      finished_at: room.clock.at,
      message: null,
    })
    expect(room.jobs.waiting).toContainEqual({ queue: 'bulk.callback', key: String(id), group: 'account:12' })
    expect(await takeJob(room.context, id)).toBeUndefined()
  })
})
