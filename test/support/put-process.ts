import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createLocalFolder } from '../../src/bulk/files/local-folder.ts'
import { ValenceError } from '../../src/errors.ts'

/**
 * A process that puts a small file of ones and then a large one of twos under one key, and prints why it could not.
 * Arguments: the folder; `die` ends the process as soon as a part of the large one is on disk.
 */
const [folder = '', mode] = process.argv.slice(2)
const [SMALL, LARGE] = [1_000, 16_000_000]

function dieHalfway(): void {
  const sizes = readdirSync(join(folder, '1')).map((name) => statSync(join(folder, '1', name)).size)
  if (sizes.some((size) => size > SMALL && size < LARGE)) process.kill(process.pid, 'SIGKILL')
  setImmediate(dieHalfway)
}

try {
  const files = createLocalFolder(folder)
  await files.put('1/a', Buffer.alloc(SMALL, 1))
  if (mode === 'die') dieHalfway()
  await files.put('1/a', Buffer.alloc(LARGE, 2))
  process.exit()
} catch (error) {
  if (!(error instanceof ValenceError)) throw error
  process.stdout.write(`${error.code}: ${error.message}`)
}
