import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OWNER, openTestBulk } from '../../test/support/bulk.ts'
import { elementOf } from '../../test/support/engine.ts'
import { openTestStore } from '../../test/support/store.ts'
import type { Store } from '../store/database.ts'
import { inBulk } from './bulk-table.ts'
import { createJob, type NewJob, wakeJob } from './create-job.ts'
import { finish, type HeldJob, takeJob } from './held-job.ts'
import { callbackContext, type DownloadRequest } from './job-request.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const REQUEST: DownloadRequest = { objectName: 'contacts', query: { secret: 'yes' }, metaData: {} }

function openRoom(accountId: number) {
  const room = openTestBulk(store, () => Promise.reject(new Error('no vendor here')))
  const instance = Object.assign(room.addInstance(elementOf()), { accountId })
  const create = (more: Partial<NewJob> = {}) =>
    store.changes.transaction((trx, publish) =>
      createJob(room.context, inBulk(trx), publish, {
        ...{ owner: OWNER, instance, request: REQUEST, fileFormat: 'csv' },
        ...more,
      }),
    )
  return { ...room, create }
}

describe('a new job', () => {
  test('keeps what was asked and whom to call sealed, and wakes who works at it', async () => {
    const { create, jobs, context } = openRoom(101)
    const job = await create({ callback: 'https://example.test/done?token=1', query: 'select * from contacts' })
    expect(job).toMatchObject({ status: 'CREATED', direction: 'DOWNLOAD', object_name: 'contacts', account_id: 101 })
    expect(job.request).not.toContain('secret')
    expect(store.cipher.open(job.callback ?? '', callbackContext(job.id))).toBe('https://example.test/done?token=1')
    expect(jobs.waiting).toEqual([{ queue: 'bulk.run', key: String(job.id), group: 'account:101' }])
    expect(await takeJob(context, job.id)).toMatchObject({ request: REQUEST })
  })

  test('whose file is still on its way is left alone until it is woken', async () => {
    const { create, jobs, context } = openRoom(102)
    const job = await create({ status: 'RECEIVING' })
    expect(jobs.waiting).toEqual([])
    expect(await takeJob(context, job.id)).toBeUndefined()
    await store.changes.transaction((trx, publish) => wakeJob(context, inBulk(trx), publish, job))
    expect(jobs.waiting).toHaveLength(1)
  })

  for (const [name, request] of [
    ['a name that is no name', { objectName: 'x'.repeat(1_001) }],
    ['more columns than a file has', { fields: Array.from({ length: 10_001 }, (_, index) => `c${index}`) }],
    ['a condition as long as a file', { where: `id='${'x'.repeat(1_000_000)}'` }],
  ] as const) {
    test(`with ${name} is refused: its row is kept for long`, async () => {
      const { create } = openRoom(104)
      await expect(create({ request: { ...REQUEST, ...request } })).rejects.toMatchObject({ code: 'PARAMETER_INVALID' })
    })
  }

  test('shows the beginning of a long statement, as a database takes it', async () => {
    const { create } = openRoom(105)
    const { query } = await create({ query: `select \0${'x'.repeat(5_000)}` })
    expect(query).toBe(`select \ufffd${'x'.repeat(1_992)}…`)
  })

  test('is refused while too many of the account have not ended, and made once one has', async () => {
    const { create, context } = openRoom(103)
    context.limits.openJobs = 2
    const first = await create()
    await create({ status: 'RECEIVING' })
    await expect(create()).rejects.toMatchObject({ code: 'TOO_MANY', message: expect.stringContaining('2 bulk jobs') })
    const held = (await takeJob(context, first.id)) as HeldJob
    await store.changes.transaction((trx, publish) =>
      finish(context, inBulk(trx), publish, held, { status: 'COMPLETED' }),
    )
    await create()
  })
})
