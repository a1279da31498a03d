import { ValenceError } from '../../errors.ts'
import { isObject } from '../../model/is-object.ts'
import { type ColumnPath, MAX_STEPS, parseColumn, printColumn } from './column-path.ts'

/**
 * The values of a record by columns: members of objects by dotted names (`Parent.Name`), everything else as it is. Lists and empty objects
 * are values.
 */
export function flatten(record: Readonly<Record<string, unknown>>): Map<string, unknown> {
  const columns = new Map<string, unknown>()
  collect(record, [], columns)
  return columns
}

function collect(record: Readonly<Record<string, unknown>>, above: readonly string[], columns: Map<string, unknown>) {
  for (const [name, value] of Object.entries(record)) {
    // a null that was dropped
    if (value === undefined) continue
    const names = [...above, name]
    if (isObject(value) && hasMembers(value) && names.length < MAX_STEPS) collect(value, names, columns)
    else columns.set(printColumn(names), value)
  }
}

function hasMembers(value: object): boolean {
  for (const name in value) if (Object.hasOwn(value, name)) return true
  return false
}

/** @returns undefined where the record has nothing there */
export function valueAt(record: unknown, path: ColumnPath): unknown {
  let value = record
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}

/** Makes records of the cells of a table. */
export interface RecordShape {
  /**
   * @param cells undefined where there is no value; such a member is absent, and lists have no gaps
   * @param failure makes the error from what is wrong with the row: more cells than columns, a value without a name, or one that would
   * have to be a text and an object at once
   */
  toRecord(cells: readonly (string | undefined)[], failure: (what: string) => Error): Record<string, unknown>
}

/**
 * @param header names of the columns; one without a name belongs to no member
 * @throws ValenceError BODY_INVALID when two columns are the same member
 */
export function shapeOf(header: readonly string[]): RecordShape {
  const paths = header.map((column) => (column.trim() === '' ? [] : parseColumn(column)))
  assertDifferent(header, paths)
  const hasLists = paths.some((path) => path.some((step) => typeof step === 'number'))
  return {
    // work by the cells that are there: a wide table may have a million short rows
    toRecord(cells, failure) {
      const record: Record<string, unknown> = {}
      for (let index = 0; index < cells.length; index++) {
        const cell = cells[index]
        if (cell === undefined) continue
        const path = paths[index]
        if (!path || path.length === 0) throw failure(nameless(index, cells.length, paths.length))
        if (!put(record, path, cell)) throw failure(conflict(header[index] as string))
      }
      return hasLists ? (withLists(record) as Record<string, unknown>) : record
    },
  }
}

function assertDifferent(header: readonly string[], paths: readonly ColumnPath[]): void {
  const seen = new Set<string>()
  for (const [index, path] of paths.entries()) {
    const place = JSON.stringify(path)
    if (path.length > 0 && seen.has(place)) {
      throw new ValenceError('BODY_INVALID', `The header of the file names the column "${header[index]?.trim()}" twice`)
    }
    seen.add(place)
  }
}

/** A list while its elements are put in: they come in any order, and some never. */
class Places {
  readonly items = new Map<number, unknown>()
}

/** @returns false when something is there already, or in the way */
function put(record: Record<string, unknown>, path: ColumnPath, cell: string): boolean {
  let at: unknown = record
  const last = path.length - 1
  for (let index = 0; index < last; index++) {
    const step = path[index] as string | number
    let next = childOf(at, step)
    if (next === undefined) {
      next = typeof path[index + 1] === 'number' ? new Places() : {}
      if (!setChild(at, step, next)) return false
    }
    at = next
  }
  const step = path[last] as string | number
  return childOf(at, step) === undefined && setChild(at, step, cell)
}

function childOf(at: unknown, step: string | number): unknown {
  if (at instanceof Places) return typeof step === 'number' ? at.items.get(step) : undefined
  return isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined
}

function setChild(at: unknown, step: string | number, value: unknown): boolean {
  if (at instanceof Places !== (typeof step === 'number') || typeof at !== 'object' || at === null) return false
  if (at instanceof Places) at.items.set(step as number, value)
  // assigned, it would become the prototype
  else if (step === '__proto__') Object.defineProperty(at, step, { value, ...PLAIN_MEMBER })
  else (at as Record<string, unknown>)[step] = value
  return true
}

const PLAIN_MEMBER = { enumerable: true, writable: true, configurable: true }

/** The same with lists for places, in place where it can be. */
function withLists(value: unknown): unknown {
  if (value instanceof Places) {
    const inOrder = [...value.items].toSorted(([one], [other]) => one - other)
    return inOrder.map(([, item]) => withLists(item))
  }
  if (!isObject(value)) return value
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'object') setChild(value, name, withLists(member))
  }
  return value
}

function nameless(index: number, cells: number, columns: number): string {
  if (index < columns) return `has a value in column ${index + 1}, which has no name in the header`
  return `has ${cells} cells, more than the ${columns} of the header; is there a delimiter in a cell without quotes?`
}

function conflict(column: string): string {
  return `has a value for "${column.trim()}" and another one for something around it or inside of it; leave one of them empty`
}
