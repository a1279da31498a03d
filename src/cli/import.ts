import { readFile, writeFile } from 'node:fs/promises'
import { importTypeOf } from '../elements/import/detect-type.ts'
import { importDocument } from '../elements/import/import-document.ts'
import { ValenceError } from '../errors.ts'

export interface ImportCommand {
  type?: string
  hub?: string
  key?: string
  name?: string
  out?: string
}

/**
 * `valence import FILE`: the description of a vendor's API becomes an element.json, on stdout or in a file; what its author
 * should check goes to stderr.
 */
export async function importFile(file: string, { type, out, ...naming }: ImportCommand): Promise<void> {
  const { element, doubts } = await importDocument(await readDocument(file), {
    ...naming,
    ...(type === undefined ? {} : { type: importTypeOf(type) }),
  })
  const json = `${JSON.stringify(element, null, 2)}\n`
  if (out === undefined) process.stdout.write(json)
  else await writeFile(out, json)
  console.error(`${element.name}: ${element.resources.length} resources, authentication ${element.authentication.type}`)
  if (doubts.length > 0) console.error('\nPlease check:')
  for (const { place, message } of doubts) console.error(`  ${place}: ${message}`)
}

async function readDocument(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw new ValenceError('IMPORT_INVALID', `${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
}
