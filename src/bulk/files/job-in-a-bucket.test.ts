import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestBulk } from '../../../test/support/bulk.ts'
import { elementOf, resource } from '../../../test/support/engine.ts'
import { type S3LookAlike, startS3LookAlike } from '../../../test/support/s3-look-alike.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { JsonText, type ResourceReply } from '../../model/exchange.ts'
import type { Store } from '../../store/database.ts'
import type { FileStore } from './file-store.ts'
import { openS3 } from './s3.ts'
import { createJobFiles } from './sealed-files.ts'
import { sweepFiles } from './sweep.ts'

let store: Store
let close: () => Promise<void>
let s3: S3LookAlike
let bucket: FileStore
beforeAll(async () => {
  ;({ store, close } = await openTestStore())
  s3 = await startS3LookAlike()
  bucket = await openS3({ ...s3.settings, prefix: 'bulk' }, { timeoutMs: 5_000, pausesMs: [] })
})
afterAll(() => Promise.all([bucket.close().then(s3.close), close()]))

const RECORDS = '[{"id":1,"name":"Ann"},{"id":2,"name":"Zoë"}]'
const FILE = '{"id":1,"name":"Ann"}\n{"id":2,"name":"Zoë"}\n'

test('a job waits while the bucket is away, and its file lives there from its first part to its end', async () => {
  const page: ResourceReply = { status: 200, headers: {}, body: new JsonText(RECORDS, 2) }
  const room = openTestBulk(store, async () => page)
  const files = createJobFiles({ store, files: bucket })
  const context = Object.assign(room.context, { files })
  const contacts = room.addInstance(elementOf({ resources: [resource('GET', '/contacts')] }))
  const id = await room.addJob(contacts, { objectName: 'contacts', query: {}, metaData: {} })
  const run = () => room.queue.run(String(id), new AbortController().signal)
  const read = async () => {
    const parts: Buffer[] = []
    for await (const part of files.read(id)) parts.push(part)
    return String(Buffer.concat(parts))
  }

  s3.fail('SlowDown')
  // no failure of the queue, which would give the job up after some minutes
  expect(await run()).toBe('done')
  expect(await room.job(id)).toMatchObject({
    ...{ status: 'RUNNING', is_running: false, records_count: 0, file_bytes: 0, error: null },
    message: expect.stringMatching(/waits for the hub .* goes on at 2026-04-02T10:12:31/),
  })
  expect(await run()).toBe('done')
  expect(await room.job(id)).toMatchObject({
    status: 'COMPLETED',
    records_count: 2,
    stored_bytes: Buffer.byteLength(FILE),
  })
  expect(await read()).toBe(FILE)
  expect([...s3.objects.values()].join()).not.toContain('Ann')

  room.clock.at = new Date(room.clock.at.getTime() + 8 * 86_400_000)
  s3.fail('SlowDown')
  await sweepFiles(context)
  expect([s3.objects.size, (await room.job(id)).files_removed_at]).toEqual([1, null])
  await sweepFiles(context)
  expect([s3.objects.size, (await room.job(id)).files_removed_at]).toEqual([0, room.clock.at])
  await expect(read()).rejects.toMatchObject({ code: 'NOTHING_FOUND', message: expect.stringContaining('was removed') })
})
