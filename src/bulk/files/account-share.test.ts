import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestBulk } from '../../../test/support/bulk.ts'
import { elementOf } from '../../../test/support/engine.ts'
import { openTestStore } from '../../../test/support/store.ts'
import type { Store } from '../../store/database.ts'
import type { BulkJob } from '../bulk-table.ts'
import { assertShare } from './account-share.ts'

let store: Store
let close: () => Promise<void>
let nextAccount = 1_000
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

describe('the share of an account', () => {
  test.each<[string, Partial<BulkJob>[], number]>([
    ['nothing is stored', [], 1_000],
    ['jobs that run and jobs that ended count together', [{}, { status: 'COMPLETED' }], 800],
    ['files that are gone do not count', [{}, { files_removed_at: new Date() }], 900],
    ['files of a job that went with its owner count until they are gone', [{ removed_at: new Date() }], 900],
    ['files of other accounts do not count', [{}, { account_id: 9 }, { account_id: 9 }], 900],
  ])('%s', async (_name, jobs, room) => {
    const { context, addJob, addInstance } = openTestBulk(store, () => Promise.reject(new Error('no vendor here')))
    const limits = { ...context.limits, accountBytes: 1_000 }
    nextAccount += 100
    const account = nextAccount
    const instance = addInstance(elementOf())
    for (const { account_id = 0, ...job } of jobs) {
      const request = { objectName: 'contacts', query: {}, metaData: {} }
      await addJob(instance, request, { stored_bytes: 100, ...job, account_id: account + account_id })
    }
    await expect(assertShare({ store, limits }, account, room)).resolves.toBeUndefined()
    await expect(assertShare({ store, limits }, account, room + 1)).rejects.toMatchObject({
      code: 'TOO_MANY',
      message: expect.stringMatching(/^The files of the bulk jobs of this account take 0\.00 GB of the 0\.00 GB that/),
    })
  })
})
