import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openTestBulk } from '../../test/support/bulk.ts'
import { elementOf } from '../../test/support/engine.ts'
import { openTestStore } from '../../test/support/store.ts'
import { CALLER } from '../../test/support/upload-room.ts'
import type { Store } from '../store/database.ts'
import type { BulkJob } from './bulk-table.ts'
import { cancelJob } from './cancel-job.ts'
import { CANCEL_TOPIC, takeJob } from './held-job.ts'
import type { DownloadRequest, UploadRequest } from './job-request.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const DOWNLOAD: DownloadRequest = { objectName: 'contacts', query: {}, metaData: {} }
const UPLOAD: UploadRequest = { ...DOWNLOAD, action: 'create', format: 'csv', concurrency: 1 }

async function openRoom(request: DownloadRequest | UploadRequest, fields: Partial<BulkJob> = {}) {
  const room = openTestBulk(store, () => Promise.reject(new Error('no vendor here')))
  const instance = room.addInstance(elementOf())
  const id = await room.addJob(instance, request, fields)
  return { ...room, instance, id, cancel: () => cancelJob(room.context, CALLER, instance, id) }
}

describe('a job that is cancelled', () => {
  for (const [name, request] of [
    ['a download', DOWNLOAD],
    ['an upload', UPLOAD],
  ] as const) {
    test(`has ended when nobody was at it, and goes on at no time: ${name}`, async () => {
      const room = await openRoom(request, { callback: 'sealed', message: 'rows are sent again at noon' })
      expect(await room.cancel()).toMatchObject({ status: 'CANCELLED', bulk_finish_time: room.clock.at.getTime() })
      expect(await takeJob(room.context, room.id)).toBeUndefined()
      expect(await room.job(room.id)).toMatchObject({ callback_state: 'waiting', message: null })
      expect(room.jobs.waiting).toContainEqual({ queue: 'bulk.callback', key: String(room.id), group: 'account:12' })
    })
  }

  test('is lost to whoever downloads, and has ended', async () => {
    const room = await openRoom(DOWNLOAD)
    const held = await takeJob(room.context, room.id)
    expect(await room.cancel()).toMatchObject({ status: 'CANCELLED' })
    expect((await room.job(room.id)).version).toBeGreaterThan(held?.version ?? 0)
  })

  test('is an upload under way: its process hears of it, keeps it, and is followed by another one', async () => {
    const room = await openRoom(UPLOAD)
    const heard: string[] = []
    store.changes.on(CANCEL_TOPIC, (key) => heard.push(key))
    const held = await takeJob(room.context, room.id)
    const woken = vi.spyOn(room.jobs, 'wake')
    expect(await room.cancel()).toMatchObject({ status: 'CANCELLATION_PENDING' })
    expect(await room.job(room.id)).toMatchObject({ version: held?.version, is_running: true, finished_at: null })
    expect(heard).toContain(String(room.id))
    expect(woken.mock.calls.map(([, , queue, wakes]) => [queue, wakes])).toEqual([
      ['bulk.run', [{ key: String(room.id), group: 'account:12' }]],
    ])
  })
})

test('a job that has ended cannot be cancelled', async () => {
  const { cancel } = await openRoom(DOWNLOAD)
  await cancel()
  await expect(cancel()).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('has ended (CANCELLED)'),
  })
})

test('nor can one of another instance, or one whose file is still received', async () => {
  const { context, id, addInstance, cancel } = await openRoom(UPLOAD, { status: 'RECEIVING' })
  await expect(cancel()).rejects.toMatchObject({ status: 404 })
  await expect(cancelJob(context, CALLER, addInstance(elementOf()), id)).rejects.toMatchObject({ status: 404 })
})
