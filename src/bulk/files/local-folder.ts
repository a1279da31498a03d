import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ValenceError } from '../../errors.ts'
import { checkFileKey } from './file-key.ts'
import type { FileStore } from './file-store.ts'

/**
 * A folder of this machine: keys are paths below it. Only the user of this process may look into it. Several processes may share it, over a
 * network as well, where a rename is atomic.
 *
 * @param folder made when the first file comes
 */
export function createLocalFolder(folder: string): FileStore {
  const pathOf = (key: string) => {
    checkFileKey(key)
    return join(folder, ...key.split('/'))
  }
  return {
    async put(key, bytes) {
      const path = pathOf(key)
      await explain(() => putWhole(path, bytes))
    },
    async get(key) {
      const path = pathOf(key)
      return explain(() => readFile(path).catch(unlessAbsent))
    },
    async removeBelow(prefix) {
      const path = pathOf(prefix)
      await explain(() => rm(path, { recursive: true, force: true }))
    },
    async close() {
      // nothing is held open between calls
    },
  }
}

/**
 * Under a name that no key has, then renamed: after a crash there is the old file, the new one or none, never a part of one. Its folder
 * is written through as well, because the name is kept there.
 */
async function putWhole(path: string, bytes: Buffer): Promise<void> {
  const folder = dirname(path)
  await makeFolder(folder)
  const draft = join(folder, `.${randomUUID()}`)
  try {
    await withFile(await open(draft, 'wx', 0o600), async (file) => {
      await file.writeFile(bytes)
      await file.sync()
    })
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  await syncFolder(folder)
}

async function makeFolder(folder: string): Promise<void> {
  const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (firstMade === undefined) return
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made))
    if (made === firstMade || made === dirname(made)) return
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders; NTFS keeps names in its journal
  if (process.platform === 'win32') return
  await withFile(await open(folder, 'r'), (file) => file.sync())
}

async function withFile<Result>(file: FileHandle, use: (file: FileHandle) => Promise<Result>): Promise<Result> {
  try {
    return await use(file)
  } finally {
    await file.close()
  }
}

function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (!ABSENT.has(error.code ?? '')) throw error
  return undefined
}

/** nothing; a way through another file; a folder of keys */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])

async function explain<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    throw folderError(cause as NodeJS.ErrnoException)
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Callers of the API read the message: it does not say where the folder is, the cause does. */
function folderError(cause: NodeJS.ErrnoException): ValenceError {
  const { code = 'unknown error' } = cause
  const message = FULL.has(code)
    ? 'the file store is full; make room on its disk, or wait until older files are removed'
    : `the file store cannot be used (${code}); try again later`
  return new ValenceError('UNAVAILABLE', message, { cause })
}
