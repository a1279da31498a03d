import { ValenceError } from '../errors.ts'
import { isObject } from '../model/is-object.ts'

/** A document of `GET /vdrs/{name}/export`, or what is read as one (spec 20 §7). */
export interface VdrFile {
  vdrName: string
  definition: Record<string, unknown>
  transformation: Record<string, Record<string, unknown>>
  [more: string]: unknown
}

/** Path below a folder, with `/` → text. */
export type Files = ReadonlyMap<string, string>

/**
 * A document as a folder to be edited: the whole, its parts, and scripts as files of their own, which take the place of `body` in the parts.
 *
 * @throws ValenceError IMPORT_INVALID for a name that is no file name
 */
export function toFiles(document: VdrFile): Files {
  const name = fileName(document.vdrName)
  const files = new Map([[`${name}/${name}.json`, json(document)]])
  files.set(`${name}/definition/objectDefinition.json`, json(document.definition))
  for (const [key, transformation] of Object.entries(document.transformation)) {
    const folder = `${name}/transformation/${fileName(key)}`
    const { script, scripts, ...rest } = transformation
    const all = listOf(scripts ?? script)
    files.set(
      `${folder}/transformation.json`,
      json({
        ...rest,
        ...(isObject(script) ? { script: withoutBody(script) } : {}),
        ...(all.length > 0 ? { scripts: all.map(withoutBody) } : {}),
      }),
    )
    for (const { level = 'organization', body } of all)
      if (typeof body === 'string') files.set(`${folder}/${fileName(String(level))}-script.js`, body)
  }
  return files
}

/**
 * Every common resource in a folder, whichever of the layouts it has (spec 20 §7):
 *
 * | Layout | Files |
 * |---|---|
 * | newer | `definition/objectDefinition.json`, `transformation/{element}/transformation.json`, `{level}-script.js` or `script.js`; of a `{vdr}.json` beside them only what they lack |
 * | older | `objectDefinitions/{name}/objectDefinition.json`, `transformations/{element}/{name}/transformation.json`, `script.js` |
 * | one file | `{vdr}.json`, as exported; `{name}.json` with the fields of a definition |
 *
 * @throws ValenceError IMPORT_INVALID naming the file
 */
export function readFiles(files: Files): VdrFile[] {
  const found = new Map<string, VdrFile>()
  const vdr = (name: string): VdrFile => {
    const present = found.get(name) ?? { vdrName: name, definition: { fields: [] }, transformation: {} }
    found.set(name, present)
    return present
  }
  // whole documents first: parts are what people edit
  for (const [path, text] of files) {
    const document = /(^|\/)(definition|transformation|objectDefinitions|transformations)\//.test(path)
      ? undefined
      : readWhole(path, text)
    if (document) found.set(document.vdrName, document)
  }
  for (const [path, text] of files) {
    const part = partOf(path)
    if (part?.element === undefined) {
      if (part) vdr(part.name).definition = readJson(path, text)
      continue
    }
    const { transformation } = vdr(part.name)
    const known = transformation[part.element] ?? {}
    transformation[part.element] = withScripts(readJson(path, text), known, files, folderOf(path))
  }
  return [...found.values()]
}

const PARTS = [
  /(?:^|\/)(?<name>[^/]+)\/definition\/objectDefinition\.json$/,
  /(?:^|\/)(?<name>[^/]+)\/transformation\/(?<element>[^/]+)\/transformation\.json$/,
  /(?:^|\/)objectDefinitions\/(?<name>[^/]+)\/objectDefinition\.json$/,
  /(?:^|\/)transformations\/(?<element>[^/]+)\/(?<name>[^/]+)\/transformation\.json$/,
]

/** Of which common resource, and of which element, a file is a part. */
function partOf(path: string): { name: string; element?: string } | undefined {
  for (const pattern of PARTS) {
    const groups = pattern.exec(path)?.groups
    if (groups?.['name']) return { name: groups['name'], ...(groups['element'] ? { element: groups['element'] } : {}) }
  }
  return undefined
}

function readWhole(path: string, text: string): VdrFile | undefined {
  if (!path.endsWith('.json')) return undefined
  const value = readJson(path, text)
  const base = (path.split('/').at(-1) ?? '').replace(/\.json$/, '')
  if (isObject(value['definition'])) {
    const { transformation } = value
    return {
      ...value,
      vdrName: String(value['vdrName'] ?? value['definition']['objectName'] ?? base),
      definition: value['definition'],
      transformation: isObject(transformation) ? (transformation as VdrFile['transformation']) : {},
    }
  }
  // a definition as the classic endpoints answer it
  if (!Array.isArray(value['fields']) || value['vendorName'] !== undefined) return undefined
  return { vdrName: String(value['objectName'] ?? base), definition: value, transformation: {} }
}

/**
 * Bodies out of `{level}-script.js`, and for the one that has none of `script.js`.
 * @param known what the whole document says of the same element
 */
function withScripts(
  transformation: Record<string, unknown>,
  known: Record<string, unknown>,
  files: Files,
  folder: string,
): Record<string, unknown> {
  const wholes = listOf(known['scripts'] ?? known['script'])
  const bodyFor = (level: unknown) => files.get(`${folder}${level}-script.js`)
  const knownFor = (level: unknown) => wholes.find((script) => (script['level'] ?? 'organization') === level)?.['body']
  const fill = (script: Record<string, unknown>) => {
    const { level = 'organization' } = script
    const body = bodyFor(level) ?? script['body'] ?? files.get(`${folder}script.js`) ?? knownFor(level)
    return body === undefined ? script : { ...script, body }
  }
  const { script, scripts, ...rest } = transformation
  const own = isObject(script) ? fill(script) : undefined
  const all = listOf(scripts).map(fill)
  const lone = own || all.length > 0 ? undefined : files.get(`${folder}script.js`)
  return {
    ...rest,
    ...(own ? { script: own } : {}),
    ...(all.length > 0 ? { scripts: all } : {}),
    ...(lone === undefined ? {} : { script: { body: lone, mimeType: 'application/javascript' } }),
  }
}

function withoutBody({ body, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return rest
}

function listOf(value: unknown): Record<string, unknown>[] {
  return (Array.isArray(value) ? value : [value]).filter(isObject)
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1)
}

function readJson(path: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch (cause) {
    throw new ValenceError('IMPORT_INVALID', `${path} is not valid JSON: ${(cause as Error).message}`, { cause })
  }
  throw new ValenceError('IMPORT_INVALID', `${path}: expected a JSON object`)
}

/** Names come from a server; none may lead out of the folder. */
function fileName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
  if (name !== '' && !/^\.\.?$|[/\\\u0000-\u001f]/.test(name)) return name
  throw new ValenceError('IMPORT_INVALID', `"${name}" cannot be the name of a file`)
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
