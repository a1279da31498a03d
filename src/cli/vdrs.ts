import { ValenceError } from '../errors.ts'
import { isObject } from '../model/is-object.ts'
import { callHub, type HubCommand } from './call-hub.ts'
import { readTexts, writeTexts } from './text-files.ts'
import { readFiles, toFiles, type VdrFile } from './vdr-files.ts'

/** `valence vdrs export NAME FOLDER`: a common resource with its transformations as files; of a server that speaks the API, whichever. */
export async function exportVdrFiles(name: string, folder: string, command: HubCommand): Promise<void> {
  const { body } = await callHub(command, 'GET', `/vdrs/${encodeURIComponent(name)}/export`)
  if (!isObject(body) || !isObject(body['definition'])) {
    throw new ValenceError('IMPORT_INVALID', `${command.url} answered no export of "${name}"`)
  }
  const files = toFiles({ vdrName: name, transformation: {}, ...body } as VdrFile)
  await writeTexts(folder, files)
  console.error(`${name}: ${files.size} files in ${folder}`)
}

/** `valence vdrs import PATH`: every common resource in a file or folder. */
export async function importVdrFiles(path: string, command: HubCommand): Promise<void> {
  const found = readFiles(await readTexts(path))
  if (found.length === 0) throw new ValenceError('IMPORT_INVALID', `${path} holds no common resource`)
  for (const document of found) {
    const { headers } = await callHub(command, 'PUT', '/vdrs/import', document)
    const ignored = headers.get('elements-error')
    const elements = Object.keys(document.transformation).join(', ')
    console.error(`${document.vdrName}: imported${elements === '' ? '' : `, mapped to ${elements}`}`)
    if (ignored) console.error(`  ${ignored}`)
  }
}
