import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FileStore } from '../../src/bulk/files/file-store.ts'

/** What every file store does. `open` makes an empty one. */
export function fileStoreContract(open: () => Promise<{ files: FileStore; close(): Promise<void> }>): void {
  describe('as a file store', () => {
    let files: FileStore
    let close: () => Promise<void>
    beforeAll(async () => ({ files, close } = await open()))
    afterAll(() => close())

    test('what was put is got, byte by byte', async () => {
      const bytes = randomBytes(300_000)
      await files.put('1/a', bytes)
      expect(await files.get('1/a')).toEqual(bytes)
    })

    test('a file of no bytes is a file', async () => {
      await files.put('1/nothing', Buffer.alloc(0))
      expect(await files.get('1/nothing')).toEqual(Buffer.alloc(0))
    })

    test('what was never put is not there, nor is a folder', async () => {
      await files.put('2/a.csv', Buffer.from('a'))
      expect(await files.get('2/b')).toBeUndefined()
      expect(await files.get('3/a.csv')).toBeUndefined()
      expect(await files.get('2')).toBeUndefined()
      expect(await files.get('2/a.csv/b')).toBeUndefined()
    })

    test('a second file takes the place of the first', async () => {
      await files.put('4/a', randomBytes(2_000))
      await files.put('4/a', Buffer.from('short'))
      expect(String(await files.get('4/a'))).toBe('short')
    })

    test('files that are put at once are all there', async () => {
      const keys = Array.from({ length: 20 }, (_, at) => `5/${at}`)
      await Promise.all(keys.map((key) => files.put(key, Buffer.from(key))))
      expect((await Promise.all(keys.map((key) => files.get(key)))).map(String)).toEqual(keys)
    })

    test('of two that are put under one key at once, one is whole', async () => {
      const [one, other] = [Buffer.alloc(200_000, 1), Buffer.alloc(150_000, 2)]
      await Promise.all([files.put('6/a', one), files.put('6/a', other)])
      expect([one, other]).toContainEqual(await files.get('6/a'))
    })

    test('all files below a prefix go, and no other', async () => {
      const keys = ['7/a', '7/b/c', '70/a', '8/7']
      for (const key of keys) await files.put(key, Buffer.from(key))
      await files.removeBelow('7')
      expect((await Promise.all(keys.map((key) => files.get(key)))).map((one) => one && String(one))).toEqual([
        undefined,
        undefined,
        '70/a',
        '8/7',
      ])
    })

    test('what went may come again', async () => {
      await files.put('9/a', Buffer.from('one'))
      await files.removeBelow('9')
      await files.put('9/a', Buffer.from('two'))
      expect(String(await files.get('9/a'))).toBe('two')
    })

    test('there may be nothing to remove', async () => {
      await expect(files.removeBelow('nobody')).resolves.toBeUndefined()
    })

    test.each([
      '',
      '/',
      '..',
      '../a',
      '1/../../a',
      '1//a',
      '/a',
      '1/',
      '.a',
      '1/.a',
      'a b',
      'ä',
      '1\\a',
      '1\0a',
      '1\n',
    ])('%j is no key', async (key) => {
      for (const work of [files.put(key, Buffer.from('a')), files.get(key), files.removeBelow(key)])
        await expect(work).rejects.toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('no key') })
    })
  })
}
