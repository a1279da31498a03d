import { basename, dirname } from 'node:path'
import { ValenceError } from '../errors.ts'
import { isObject } from '../model/is-object.ts'
import { callHub, type HubCommand } from './call-hub.ts'
import { cleaned, type FormulaFile, readFormulaFiles, toDocument, toFiles } from './formula-files.ts'
import { readTexts, writeTexts } from './text-files.ts'

/** A formula as a hub answers it. */
type Answered = FormulaFile & { id: number; accountId: number }

/** `valence formulas list`: id and name of each. */
export async function listFormulaNames(command: HubCommand): Promise<void> {
  for (const { id, name, active } of await read(command, 'abridged=true'))
    console.log(`${id}\t${name}${active === false ? '\t(inactive)' : ''}`)
}

/**
 * `valence formulas export PATH [NAMES…]`: all, or those of these names, with their sub-formulas: a folder for each below PATH, or one document where
 * PATH ends with `.json`.
 */
export async function exportFormulas(path: string, names: readonly string[], command: HubCommand): Promise<void> {
  const list = names.map((name) => `'${name.replaceAll("'", "''")}'`).join(',')
  const answered = await read(command, names.length === 0 ? '' : `where=${encodeURIComponent(`name in (${list})`)}`)
  const missing = names.filter((name) => !answered.some((formula) => formula.name === name))
  if (missing.length > 0) throw new ValenceError('IMPORT_INVALID', `${command.url} has no formula ${quoted(missing)}`)
  assertNamesOnce(answered)
  const formulas = cleaned(answered)
  if (path.endsWith('.json')) await writeTexts(dirname(path), new Map([[basename(path), toDocument(formulas)]]))
  else await writeTexts(path, toFiles(formulas))
  console.error(`${formulas.length} formulas in ${path}`)
}

/**
 * `valence formulas import PATH`: every formula in a file or folder (spec 30 §8). One whose name is taken in the account of the caller is replaced. Steps
 * that call a sub-formula get its id here, `-1` where it is not among the files.
 */
export async function importFormulas(path: string, command: HubCommand): Promise<void> {
  const files = readFormulaFiles(await readTexts(path))
  if (files.length === 0) throw new ValenceError('IMPORT_INVALID', `${path} holds no formula`)
  const placed: Placed[] = []
  for (const file of files) placed.push({ file, ...(await place(file, command).catch(telling(placed))) })
  const ids = new Map(placed.flatMap(({ file, id }) => (file.id === undefined ? [] : [[String(file.id), id]])))
  for (const { file, id, isNew } of placed) {
    // what it was exported from is this hub: ids that are not among the files are its own
    const isSameHub = String(file.id) === String(id)
    const { steps, unknown } = withIds(file.steps, ids, isSameHub)
    const formula = { ...file, ...(steps ? { steps } : {}), subFormulas: [] }
    await callHub(command, 'PUT', `/formulas/${id}`, formula).catch(naming(file))
    console.error(`${file.name}: ${isNew ? 'made' : 'replaced'}, id ${id}`)
    for (const step of unknown) console.error(`  step ${quoted([step])} calls a formula that is not among the files`)
  }
}

interface Placed {
  file: FormulaFile
  id: number
  isNew: boolean
}

/** What was made stays, and its steps do not know the formulas that they call yet. */
function telling(placed: readonly Placed[]) {
  return (error: Error): never => {
    const made = placed.filter(({ isNew }) => isNew).map(({ file, id }) => `"${file.name}" (id ${id})`)
    if (made.length > 0) console.error(`made before: ${made.join(', ')}; import all of them again to complete them`)
    throw error
  }
}

/** Where it is to be: made, or the one that is there by that name. */
async function place(file: FormulaFile, command: HubCommand): Promise<{ id: number; isNew: boolean }> {
  const made = await callHub(command, 'POST', '/formulas', file, [409]).catch(naming(file))
  if (made.status !== 409) return { id: (made.body as Answered).id, isNew: true }
  const present = await read(
    command,
    `abridged=true&where=${encodeURIComponent(`name='${file.name.replaceAll("'", "''")}'`)}`,
  )
  const [one, ...others] = present
  if (one && others.length === 0) return { id: one.id, isNew: false }
  const message = isObject(made.body) ? made.body['message'] : 'it exists already'
  const accounts = present.map(({ accountId }) => accountId).join(', ')
  throw new ValenceError(
    'IMPORT_INVALID',
    one
      ? `${quoted([file.name])} is the name of formulas in the accounts ${accounts}, all of which you administer; import it as a user of one of them`
      : `${quoted([file.name])} cannot be imported: ${message}`,
  )
}

function withIds(list: unknown, ids: ReadonlyMap<string, number>, isSameHub: boolean) {
  const unknown: string[] = []
  if (!Array.isArray(list)) return { steps: undefined, unknown }
  const steps = list.map((step: unknown) => {
    if (!isObject(step) || step['type'] !== 'formula' || !isObject(step['properties'])) return step
    const { formulaId } = step['properties']
    const id = ids.get(String(formulaId).trim())
    if (id === undefined && (isSameHub || !/^-?\d+$/.test(String(formulaId).trim()))) return step
    if (id === undefined) unknown.push(String(step['name']))
    return { ...step, properties: { ...step['properties'], formulaId: id ?? -1 } }
  })
  return { steps, unknown }
}

/** Page after page. */
async function read(command: HubCommand, query: string): Promise<Answered[]> {
  const found: Answered[] = []
  for (let token = ''; ; ) {
    const { body, headers } = await callHub(command, 'GET', `/formulas?pageSize=200&${query}${token}`)
    if (!Array.isArray(body)) throw new ValenceError('IMPORT_INVALID', `${command.url} answered no list of formulas`)
    found.push(...(body as Answered[]))
    const next = headers.get('elements-next-page-token')
    if (!next) return found
    token = `&nextPage=${encodeURIComponent(next)}`
  }
}

/** An administrator sees formulas of several accounts; in one place each name is there once. */
function assertNamesOnce(formulas: readonly Answered[]): void {
  const twice = formulas.find(({ name }, at) => formulas.findIndex((other) => other.name === name) !== at)
  if (!twice) return
  throw new ValenceError(
    'IMPORT_INVALID',
    `Two accounts have a formula ${quoted([twice.name])}; export as a user of one of them`,
  )
}

function naming({ name }: FormulaFile) {
  return (cause: Error): never => {
    throw new ValenceError('IMPORT_INVALID', `${quoted([name])}: ${cause.message}`, { cause })
  }
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ')
}
