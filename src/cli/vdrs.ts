import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ValenceError } from '../errors.ts'
import { isObject } from '../model/is-object.ts'
import { readFiles, toFiles, type VdrFile } from './vdr-files.ts'

export interface VdrCommand {
  /** of the server, without the path of its API */
  url: string
  /** `User …, Organization …` */
  authorization: string | undefined
}

/** of all files together */
const MAX_BYTES = 50 * 1024 * 1024

/** `valence vdrs export NAME FOLDER`: a common resource with its transformations as files; of a server that speaks the API, whichever. */
export async function exportVdrFiles(name: string, folder: string, command: VdrCommand): Promise<void> {
  const { body } = await call(command, 'GET', `/vdrs/${encodeURIComponent(name)}/export`)
  if (!isObject(body) || !isObject(body['definition'])) {
    throw new ValenceError('IMPORT_INVALID', `${command.url} answered no export of "${name}"`)
  }
  const files = toFiles({ vdrName: name, transformation: {}, ...body } as VdrFile)
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  console.error(`${name}: ${files.size} files in ${folder}`)
}

/** `valence vdrs import PATH`: every common resource in a file or folder. */
export async function importVdrFiles(path: string, command: VdrCommand): Promise<void> {
  const found = readFiles(await readTexts(path))
  if (found.length === 0) throw new ValenceError('IMPORT_INVALID', `${path} holds no common resource`)
  for (const document of found) {
    const { ignored } = await call(command, 'PUT', '/vdrs/import', document)
    const elements = Object.keys(document.transformation).join(', ')
    console.error(`${document.vdrName}: imported${elements === '' ? '' : `, mapped to ${elements}`}`)
    if (ignored) console.error(`  ${ignored}`)
  }
}

async function readTexts(path: string): Promise<Map<string, string>> {
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

/** What a proxy answers may be no JSON. */
function readAnswer(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `fetch` says why in its cause. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error && cause.message !== '' ? cause.message : message
}

function unreadable(path: string) {
  return (cause: Error): never => {
    throw new ValenceError('IMPORT_INVALID', `${path} cannot be read: ${cause.message}`, { cause })
  }
}

async function call({ url, authorization }: VdrCommand, method: string, path: string, body?: unknown) {
  if (!authorization) {
    throw new ValenceError(
      'IMPORT_INVALID',
      'Set VALENCE_AUTHORIZATION to "User …, Organization …", as in calls of the API',
    )
  }
  const response = await fetch(`${url.replace(/\/+$/, '')}/elements/api-v2${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: Error) => {
    throw new ValenceError('IMPORT_INVALID', `${url} cannot be reached: ${reasonOf(cause)}`, { cause })
  })
  const text = await response.text()
  const answer = readAnswer(text)
  if (response.ok) return { body: answer, ignored: response.headers.get('elements-error') }
  const message = isObject(answer) ? answer['message'] : text.slice(0, 200)
  throw new ValenceError('IMPORT_INVALID', `${method} ${path} answered ${response.status}: ${message}`)
}
