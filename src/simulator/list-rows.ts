import { readPath } from './dotted-path.ts'
import { odataFilter } from './odata-filter.ts'
import { QueryProblem } from './query-problem.ts'
import type { ResourcePlan } from './resource-plan.ts'
import type { Row } from './simulation.ts'
import type { VendorPaging } from './vendor-paging.ts'

export interface ListPage {
  rows: Row[]
  total: number
  size: number
  /** position of this page, the one before and the one after, as the vendor's parameter would carry them */
  position: string
  previous: string | undefined
  next: string | undefined
}

/**
 * Filters, sorts and cuts.
 * @param given parameters of query and body, every name once
 * @throws QueryProblem when a page, a size or a sort cannot be read
 */
export function listRows(
  rows: readonly Row[],
  given: Record<string, string>,
  resource: ResourcePlan,
  paging: VendorPaging,
): ListPage {
  const filters = given.ids === undefined ? { ...resource.filterDefaults, ...given } : given
  const filtered = sortRows(filterRows(rows, filters, resource), given, resource)
  return cutPage(filtered, given, paging, resource.idField)
}

export function filterRows(rows: readonly Row[], given: Record<string, string>, resource: ResourcePlan): Row[] {
  let found = [...rows]
  for (const [name, text] of Object.entries(given)) {
    if (name === '$filter' && !resource.isDeclared) {
      const isMet = odataFilter(text, resource.fields)
      found = isMet ? found.filter(isMet) : found
      continue
    }
    const searched = resource.search[name]
    if (resource.filters && !resource.filters.has(name) && searched === undefined) continue
    if (searched !== undefined) {
      const wanted = text.toLowerCase()
      found = found.filter((row) =>
        String(row[searched] ?? '')
          .toLowerCase()
          .includes(wanted),
      )
    } else if (name === 'ids') {
      const ids = new Set(text.split(',').map((id) => id.trim()))
      found = found.filter((row) => ids.has(String(row[resource.idField])))
    } else {
      const path = name.replace(/\[(\w+)\]/g, '.$1')
      if (resource.fields.has(path.split('.')[0] ?? path))
        found = found.filter((row) => equals(readPath(row, path), text))
    }
  }
  return found
}

function equals(value: unknown, text: string): boolean {
  if (Array.isArray(value)) return text.split(',').every((part) => value.some((item) => String(item) === part))
  if (typeof value === 'number') return value === Number(text) && text.trim() !== ''
  return value !== null && value !== undefined && String(value) === text
}

const GRAMMARS: Record<string, RegExp> = {
  colon: /^(?<field>[^:\s]+)(?::(?<direction>asc|desc))?$/i,
  space: /^(?<field>[^:\s]+)(?:\s+(?<direction>asc|desc))?$/i,
  minus: /^(?<direction>-)?(?<field>[^:\s-][^:\s]*)$/,
  any: /^(?<direction>-)?(?<field>[^:\s-][^:\s]*)(?:[:\s](?<suffix>asc|desc))?$/i,
}

function sortRows(rows: Row[], given: Record<string, string>, resource: ResourcePlan): Row[] {
  const { parameter, grammar } = resource.sort
  const asked = parameter === undefined ? undefined : given[parameter]
  const order = asked || resource.sort.default
  if (!order) return rows
  const groups = GRAMMARS[asked ? grammar : 'any']?.exec(order.trim())?.groups
  const field = groups?.field ?? ''
  if (!resource.fields.has(field) && asked) {
    // what a vendor can sort by is not told by the element
    if (!resource.isDeclared) return rows
    throw new QueryProblem(
      parameter ?? '',
      `${parameter} "${asked}" names no field of ${resource.name}, or no direction`,
    )
  }
  const direction = /^(desc|-)$/i.test(groups?.direction ?? groups?.suffix ?? 'asc') ? -1 : 1
  // equal rows stay in id order, so that pages are stable
  return rows.sort(
    (a, b) => direction * compareValues(a[field], b[field]) || compareValues(a[resource.idField], b[resource.idField]),
  )
}

/** Numbers by size, the rest as text; what is missing comes last. */
export function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0
  if (a === null || a === undefined) return 1
  if (b === null || b === undefined) return -1
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [left, right] = [String(a), String(b)]
  if (left === right) return 0
  return left < right ? -1 : 1
}

export function cutPage(rows: Row[], given: Record<string, string>, paging: VendorPaging, idField = 'id'): ListPage {
  const total = rows.length
  // a next page that no parameter can ask for would be the first one again, for ever
  if (paging.style === 'none' || paging.positions.length === 0)
    return { rows, total, size: total, position: '', previous: undefined, next: undefined }
  const size = Math.min(readSize(paging.size, given) ?? paging.defaultSize, paging.maxSize)
  const ids = paging.style === 'after' ? rows.map((row) => String(row[idField])) : []
  const start = readStart(paging, given, size, ids)
  const at = (offset: number) => ids[offset - 1] ?? writePosition(paging, offset, size)
  return {
    rows: rows.slice(start, start + size),
    total,
    size,
    position: at(start),
    previous: start > 0 ? at(Math.max(0, start - size)) : undefined,
    next: start + size < total ? at(start + size) : undefined,
  }
}

function readSize(name: string | undefined, given: Record<string, string>): number | undefined {
  const text = name === undefined ? undefined : given[name]
  return name === undefined || text === undefined ? undefined : wholeNumber(name, text, 1)
}

function readStart(paging: VendorPaging, given: Record<string, string>, size: number, ids: readonly string[]): number {
  const name = paging.positions.find((candidate) => given[candidate] !== undefined && given[candidate] !== '')
  const text = name === undefined ? undefined : given[name]
  if (name === undefined || text === undefined) return 0
  if (paging.style === 'cursor') return readCursor(name, text)
  if (paging.style === 'after') return readAfter(name, text, ids)
  const position = wholeNumber(name, text, paging.first) - paging.first
  return paging.style === 'offset' ? position : position * size
}

function writePosition(paging: VendorPaging, offset: number, size: number): string {
  if (paging.style === 'cursor') return Buffer.from(`after:${offset}`).toString('base64url')
  return String((paging.style === 'offset' ? offset : Math.ceil(offset / size)) + paging.first)
}

/** The page begins after the row of that id. */
function readAfter(name: string, text: string, ids: readonly string[]): number {
  const at = ids.indexOf(text)
  if (at < 0) throw new QueryProblem(name, `${name}: there is no "${text}" in this list`)
  return at + 1
}

function readCursor(name: string, text: string): number {
  const offset = /^after:(\d+)$/.exec(Buffer.from(text, 'base64url').toString())?.[1]
  if (offset === undefined) throw new QueryProblem(name, `${name} "${text}" is no cursor of this vendor`)
  return Number(offset)
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= least) return number
  throw new QueryProblem(name, `${name} "${text}" must be a whole number of at least ${least}`)
}
