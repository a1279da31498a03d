import { ValenceError } from '../errors.ts'
import { type Definitions, deriveSchema } from './derive-schema.ts'
import { MAX_CSV_DEPTH, MAX_CSV_ROWS } from './model-csv.ts'
import { type CsvCell, parseCsv } from './parse-csv.ts'
import { isPart } from './part-kinds.ts'

/** A row by the names of its columns. */
type Row = (column: string) => CsvCell

/**
 * `POST /models/{name}/schema/csv` (spec 23 §C4): the file that `modelCsv` writes → the definitions that it was written of. The
 * rows make a sample again, so that definitions get the same names; what else a row says is written over what the sample tells.
 *
 * @param isList the model is a list of such records, which no column says
 * @throws ValenceError BODY_INVALID naming the row
 */
export function readModelCsv(name: string, text: string, { isList = false }: { isList?: boolean } = {}): Definitions {
  const [head, ...lines] = parseCsv(text, MAX_CSV_ROWS + 1)
  const columns = new Map(head?.map((cell, at) => [cell.text.trim(), at]))
  for (const column of ['name', 'type']) {
    if (!columns.has(column))
      throw new ValenceError('BODY_INVALID', `The first line of the file: expected a column "${column}"`)
  }
  const rows = lines.map((cells): Row => {
    return (column) => cells[columns.get(column) ?? -1] ?? { text: '', isQuoted: false }
  })
  const sample: Sample = Object.create(null)
  for (const row of rows) put(sample, stepsOf(row('name').text), sampleOf(row))
  const definitions = deriveSchema(name, isList ? [sample] : sample)
  for (const row of rows) describe(propertyAt(definitions, isList ? `${name}Object` : name, row), row)
  return definitions
}

type Sample = Record<string, unknown>

interface Step {
  name: string
  /** what follows is inside of each item */
  isList: boolean
}

function stepsOf(path: string): Step[] {
  const steps = path.split('.').map((step) => ({ name: step.replace(/\[\*\]$/, ''), isList: step.endsWith('[*]') }))
  if (path === '' || steps.some(({ name }) => name === '')) throw invalid(path, 'a name such as "address.city"')
  if (steps.length > MAX_CSV_DEPTH) throw invalid(path, `at most ${MAX_CSV_DEPTH} names inside each other`)
  return steps
}

function put(sample: Sample, steps: readonly Step[], value: unknown): void {
  const path = () => steps.map(({ name, isList }) => name + (isList ? '[*]' : '')).join('.')
  let into = sample
  steps.forEach(({ name, isList }, at) => {
    const known = Object.hasOwn(into, name) ? into[name] : undefined
    if (at === steps.length - 1) {
      if (Object.hasOwn(into, name)) throw invalid(path(), 'each field once')
      into[name] = value
      return
    }
    const inside = isList && Array.isArray(known) ? known[0] : known
    if (Object.hasOwn(into, name) && (Array.isArray(known) !== isList || !isPart(inside))) {
      throw invalid(path(), `"${name}" to be either a value, an object or a list`)
    }
    const next: Sample = isPart(inside) ? (inside as Sample) : Object.create(null)
    if (!Object.hasOwn(into, name)) into[name] = isList ? [next] : next
    into = next
  })
}

function sampleOf(row: Row): unknown {
  const { text, isQuoted } = row('sampleValue')
  const type = row('type').text
  if (type === 'object') return Object.create(null)
  if (type === 'array-object') return [Object.create(null)]
  if (type.startsWith('array')) return listIn(text)
  if (text === '' && !isQuoted) return undefined
  if (type === 'integer' || type === 'number') return Number.isFinite(Number(text)) ? Number(text) : undefined
  if (type === 'boolean') return text.toLowerCase() === 'true'
  return text
}

function listIn(text: string): unknown[] {
  if (text === '') return []
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    throw new ValenceError('BODY_INVALID', `sampleValue ${text.slice(0, 40)}: expected a list, as in [1, 2]`)
  }
}

/** Where the definitions describe the field of a row. */
function propertyAt(definitions: Definitions, root: string, row: Row): Record<string, unknown> | undefined {
  let definition: unknown = definitions[root]
  let property: unknown
  for (const { name } of stepsOf(row('name').text)) {
    const properties = isPart(definition) ? definition['properties'] : undefined
    property = isPart(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined
    const items = isPart(property) ? property['items'] : undefined
    const type = isPart(items) ? items['type'] : isPart(property) ? property['type'] : undefined
    definition = typeof type === 'string' && Object.hasOwn(definitions, type) ? definitions[type] : undefined
  }
  return isPart(property) && definition === undefined ? (property as Record<string, unknown>) : undefined
}

/** What somebody wrote into the other columns. */
function describe(property: Record<string, unknown> | undefined, row: Row): void {
  if (!property) return
  const type = row('type').text
  const item = type.startsWith('array-') ? type.slice('array-'.length) : undefined
  if (item !== undefined) property['items'] = { type: item }
  else if (type !== '') property['type'] = type
  for (const [column, member] of TEXTS) {
    const { text } = row(column)
    if (text !== '') property[member] = text
    // a date that is none any more
    else if (column === 'format' || column === 'mask') delete property[member]
  }
  for (const [column, member] of FLAGS) {
    if (row(column).text.toLowerCase() === 'true') property[member] = true
  }
}

const TEXTS = [
  ['format', 'format'],
  ['mask', 'x-mask'],
  ['displayName', 'x-displayName'],
  ['description', 'description'],
] as const
const FLAGS = [
  ['required', 'x-required'],
  ['readOnly', 'x-readOnly'],
  ['primaryKey', 'x-primary-key'],
  ['hidden', 'x-hidden'],
] as const

function invalid(path: string, what: string): ValenceError {
  return new ValenceError('BODY_INVALID', `name "${path.slice(0, 100)}": expected ${what}`)
}
