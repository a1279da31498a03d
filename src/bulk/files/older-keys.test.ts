import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestStore } from '../../../test/support/store.ts'
import { createSealer } from '../../store/cipher.ts'
import type { Store } from '../../store/database.ts'
import { keyRingFromText } from '../../store/key-ring.ts'
import { bulkDb, inBulk } from '../bulk-table.ts'
import { sealRowError } from '../row-error.ts'
import { createLocalFolder } from './local-folder.ts'
import { countUnderOlderKeys } from './older-keys.ts'
import { createJobFiles } from './sealed-files.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

test('files and rows of errors are counted that still need an older key', async () => {
  // one id ends like the other
  const [first, second] = ['k-1', 'new-k-1'].map((id) => `${id}:${randomBytes(32).toString('base64')}`)
  const under = (ring: string) => {
    const keyRing = keyRingFromText(ring, 'test')
    return { ...store, keyRing, cipher: { ...store.cipher, ...createSealer(keyRing) } }
  }
  const write = async (in_: typeof store, jobId: number, number: number) => {
    const nowhere = { ...createLocalFolder('/nowhere'), put: async () => undefined }
    const files = createJobFiles({ store: in_, files: nowhere })
    const part = await files.put(jobId, Buffer.from('ab'))
    await store.changes.transaction((trx) => files.append(inBulk(trx), jobId, part, number * 2))
    const error = { number, kind: 'failed', row: {}, status: '400: no' } as const
    await bulkDb(store)
      .insertInto('bulk_errors')
      .values(sealRowError(in_.cipher, jobId, error))
      .execute()
  }
  const [before, after] = [under(`${first}`), under(`${second},${first}`)]
  for (const at of [1, 2, 3]) await write(before, 7, at)
  expect(await countUnderOlderKeys(before)).toEqual({ parts: 0, errors: 0 })
  expect(await countUnderOlderKeys(after)).toEqual({ parts: 3, errors: 3 })
  await write(after, 7, 4)
  expect(await countUnderOlderKeys(after)).toEqual({ parts: 3, errors: 3 })
  expect(await countUnderOlderKeys(before)).toEqual({ parts: 1, errors: 1 })
})
