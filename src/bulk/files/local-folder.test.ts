import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fileStoreContract } from '../../../test/support/file-store-contract.ts'
import { createLocalFolder, folderError } from './local-folder.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'valence-files-'))
})
afterAll(() => rm(root, { recursive: true }))

fileStoreContract(async () => ({
  files: createLocalFolder(join(root, 'contract', 'bulk')),
  close: () => rm(join(root, 'contract'), { recursive: true }),
}))

test('only its user may look into the folder', async () => {
  const files = createLocalFolder(join(root, 'mine'))
  await files.put('1/a', Buffer.from('a'))
  const modes = await Promise.all(['mine', 'mine/1', 'mine/1/a'].map((path) => stat(join(root, path))))
  expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['700', '700', '600'])
  expect(await readdir(join(root, 'mine', '1'))).toEqual(['a'])
})

test('what a crash left of a file is none, and goes with the others', async () => {
  const files = createLocalFolder(join(root, 'crashed'))
  await files.put('1/a', Buffer.from('a'))
  await writeFile(join(root, 'crashed', '1', '.0f8b'), 'half of')
  await expect(files.get('1/.0f8b')).rejects.toThrow('no key')
  await files.removeBelow('1')
  expect(await readdir(join(root, 'crashed'))).toEqual([])
})

test('a file that cannot be written leaves nothing behind, and the message no path', async () => {
  const files = createLocalFolder(join(root, 'taken'))
  await mkdir(join(root, 'taken', '1', 'a'), { recursive: true })
  await expect(files.put('1/a', Buffer.from('a'))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: 'the file store cannot be used (EISDIR); try again later',
  })
  expect(await readdir(join(root, 'taken', '1'))).toEqual(['a'])
})

test('a full disk is told as such', () => {
  const error = folderError(Object.assign(new Error('write /secret/place'), { code: 'ENOSPC' }))
  expect(error).toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/^the file store is full; make room/),
  })
})
