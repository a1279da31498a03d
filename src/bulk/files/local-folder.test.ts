import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fileStoreContract } from '../../../test/support/file-store-contract.ts'
import { createLocalFolder } from './local-folder.ts'

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

/** another process puts 1,000 bytes under `1/a`, then 16 MB */
async function putTwice(folder: string, { blocks = 'unlimited', mode = 'live' }) {
  const script = join(import.meta.dirname, '../../../test/support/put-process.ts')
  const command = ['-c', `ulimit -f ${blocks}; exec "$0" "$@"`, process.execPath, script, folder, mode]
  const putting = spawn('sh', command, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [output] = await Promise.all([text(putting.stdout), once(putting, 'exit')])
  return { output, signal: putting.signalCode }
}

test('a process that dies in the middle of a file leaves the one before it', async () => {
  const folder = join(root, 'killed')
  const files = createLocalFolder(folder)
  expect(await putTwice(folder, { mode: 'die' })).toMatchObject({ signal: 'SIGKILL' })
  expect(await files.get('1/a')).toEqual(Buffer.alloc(1_000, 1))
  expect(await readdir(join(folder, '1')), 'with what was written of the next').toHaveLength(2)
  await files.removeBelow('1')
  expect(await readdir(folder)).toEqual([])
})

test('a disk that is full in the middle of a file is told as such, and the one before stays', async () => {
  const folder = join(root, 'full')
  const { output } = await putTwice(folder, { blocks: '8192' })
  expect(output).toBe(
    'UNAVAILABLE: the file store is full; make room on its disk, or wait until older files are removed',
  )
  expect(await createLocalFolder(folder).get('1/a')).toEqual(Buffer.alloc(1_000, 1))
  expect(await readdir(join(folder, '1'))).toEqual(['a'])
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
