import { ValenceError } from '../errors.ts'
import { isObject } from '../model/is-object.ts'

/** A formula of a file, or of an export. */
export interface FormulaFile {
  name: string
  /** of where it was exported: steps of others name it by that */
  id?: unknown
  steps?: unknown
  subFormulas?: unknown
  [more: string]: unknown
}

/** Path below a folder, with `/` → text. */
export type Files = ReadonlyMap<string, string>

type Members = Readonly<Record<string, unknown>>

/** What a hub says of a formula of its own, and no other one needs (spec 30 §8); its id maps those of sub-formulas. */
const OF_THE_HUB = new Set([
  'userId',
  'accountId',
  'createdDate',
  'updatedDate',
  'debugLoggingExpires',
  'api',
  'subFormulas',
])
const LISTS = ['steps', 'triggers', 'configuration']

/** Exports without what only their hub needs, each formula and sub-formula once. */
export function cleaned(formulas: readonly FormulaFile[]): FormulaFile[] {
  return flat(formulas).map((formula) => {
    const kept = Object.entries(formula).filter(([member]) => !OF_THE_HUB.has(member))
    const entries = kept.map(([member, value]) => [member, LISTS.includes(member) ? withoutIds(value) : value])
    return Object.fromEntries(entries) as FormulaFile
  })
}

/** One document for all of them. */
export function toDocument(formulas: readonly FormulaFile[]): string {
  return json({ formulas })
}

/** A folder for each: `formula.json`, and each script as `<step>.js`, which people edit. */
export function toFiles(formulas: readonly FormulaFile[]): Files {
  const files = new Map<string, string>()
  for (const formula of formulas) {
    const folder = fileName(formula.name)
    const steps = partsOf(formula.steps).map((step) => {
      const { properties } = step
      if (!isScript(step) || !isObject(properties) || typeof properties['body'] !== 'string') return step
      const { body, ...rest } = properties
      files.set(`${folder}/${fileName(String(step['name']))}.js`, String(body))
      return { ...step, properties: rest }
    })
    files.set(`${folder}/formula.json`, json({ ...formula, steps }))
  }
  return files
}

/**
 * Every formula in a file or folder: one object, a list, or `{"formulas": […]}`; scripts beside it as `<step>.js`. Sub-formulas that came with one are
 * formulas of their own.
 *
 * @throws ValenceError IMPORT_INVALID naming the file, or the formula that is there twice
 */
export function readFormulaFiles(files: Files): FormulaFile[] {
  const found: FormulaFile[] = []
  for (const [path, text] of files) {
    if (path.endsWith('.js')) continue
    const folder = path.slice(0, path.lastIndexOf('/') + 1)
    for (const formula of formulasOf(readJson(path, text), path)) found.push(withScripts(formula, folder, files))
  }
  const names = new Set<string>()
  for (const { name } of found) {
    if (names.has(name)) throw new ValenceError('IMPORT_INVALID', `Two of the formulas have the name "${name}"`)
    names.add(name)
  }
  return flat(found)
}

/** Those that came with others behind them, unless they are there themselves. */
function flat(formulas: readonly FormulaFile[]): FormulaFile[] {
  const all = new Map(formulas.map((formula) => [formula.name, formula]))
  for (const formula of all.values())
    for (const inner of partsOf(formula.subFormulas))
      if (isFormula(inner) && !all.has(inner.name)) all.set(inner.name, inner)
  return [...all.values()]
}

function formulasOf(value: unknown, path: string): FormulaFile[] {
  const list: unknown[] = [isObject(value) && Array.isArray(value['formulas']) ? value['formulas'] : value].flat()
  return list.map((one, at) => {
    if (isObject(one) && isFormula(one)) return one
    throw new ValenceError(
      'IMPORT_INVALID',
      `${path}: ${list.length > 1 ? `number ${at + 1} ` : ''}is no formula with a name`,
    )
  })
}

function withScripts(formula: FormulaFile, folder: string, files: Files): FormulaFile {
  if (!Array.isArray(formula.steps)) return formula
  const steps = formula.steps.map((step: unknown) => {
    const body =
      isObject(step) && isScript(step) ? files.get(`${folder}${fileName(String(step['name']))}.js`) : undefined
    if (body === undefined) return step
    const { properties } = step as Members
    return { ...(step as Members), properties: { ...(isObject(properties) ? properties : {}), body } }
  })
  return { ...formula, steps }
}

function isFormula(value: Members): value is FormulaFile {
  return typeof value['name'] === 'string' && value['name'].trim() !== ''
}

function isScript({ type }: Members): boolean {
  return type === 'script' || type === 'filter' || type === 'notification'
}

function partsOf(list: unknown): Record<string, unknown>[] {
  return Array.isArray(list) ? list.filter(isObject) : []
}

function withoutIds(list: unknown): unknown {
  return partsOf(list).map(({ id, ...part }) => part)
}

function readJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ValenceError('IMPORT_INVALID', `${path} is not valid JSON: ${(cause as Error).message}`, { cause })
  }
}

/** Names may have anything in them; none may lead out of the folder. */
function fileName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is replaced
  return name.replace(/^\.+$|[%/\\:*?"<>|\u0000-\u001f]/g, (some) => [...some].map(inPercents).join(''))
}

function inPercents(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
