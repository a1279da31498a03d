import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ValenceError } from '../errors.ts'

/** of all files together */
const MAX_BYTES = 50 * 1024 * 1024

/**
 * A file, or every `.json` and `.js` of a folder and those in it.
 * @returns path, with `/` → text
 * @throws ValenceError IMPORT_INVALID naming what cannot be read
 */
export async function readTexts(path: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>()
  const isFolder = (await stat(path).catch(unreadable(path))).isDirectory()
  const names = isFolder ? await readdir(path, { recursive: true }).catch(unreadable(path)) : ['']
  let bytes = 0
  for (const name of names.filter((one) => !isFolder || /\.(json|js)$/.test(one)).toSorted()) {
    const file = name === '' ? path : join(path, name)
    bytes += (await stat(file).catch(unreadable(file))).size
    if (bytes > MAX_BYTES) throw new ValenceError('IMPORT_INVALID', `${path} holds more than ${MAX_BYTES} bytes`)
    texts.set(file.replaceAll('\\', '/'), await readFile(file, 'utf8').catch(unreadable(file)))
  }
  return texts
}

/** @param files by their path below the folder */
export async function writeTexts(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

function unreadable(path: string) {
  return (cause: Error): never => {
    throw new ValenceError('IMPORT_INVALID', `${path} cannot be read: ${cause.message}`, { cause })
  }
}
