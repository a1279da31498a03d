import type { Schema } from '../../model/element.ts'
import type { Doubtful } from './doubts.ts'
import { textOf } from './json-value.ts'
import { propertiesOf } from './schemas.ts'
import type { Definitions, Operation, OperationParameter } from './vendor-api.ts'

type Style = 'page' | 'offset' | 'cursor'

/** How one list pages, as far as its parameters and answer tell. */
export interface ListPaging {
  /** name of the listed objects, last word of the path */
  noun: string
  style: Style | undefined
  size: OperationParameter | undefined
  /** takes a page number or an offset */
  position: OperationParameter | undefined
  cursor: OperationParameter | undefined
  nextPageKey: string | undefined
}

/** The element's one way of counting (spec 11 §5.1). */
export interface ElementPaging {
  type: Style
  max: number
  /** objects whose largest page is another one */
  maxPerObject: ReadonlyMap<string, number>
  startIndex?: number
}

/** Names without case and separators; those of the second line of a pair are ordinary words too and need company. */
const SIZE =
  /^(pagesize|perpage|\$?limit|\$?top|maxresults?|maxitems|maxrecords|size|resultsperpage|itemsperpage|recordsperpage|pagelimit|numresults|querylimit|page\[(size|limit|first)\])$/
const LOOSE_SIZE = /^(count|rows|num|max|take|first|pagecount|recordcount)$/
const PAGE = /^(page|pagenumber|pageno|pagenum|currentpage|pageindex|paged|page\[number\])$/
const LOOSE_PAGE = /^(p|pg)$/
const OFFSET =
  /^(\$?offset|\$?skip|startat|startindex|startfrom|startposition|firstresult|page\[offset\]|pageoffset|startrow|recordoffset)$/
const LOOSE_OFFSET = /^(start|from)$/
const CURSOR =
  /^(cursor|startingafter|pagetoken|nextpagetoken|nexttoken|continuation|continuationtoken|continuetoken|nextmarker|page\[(after|cursor)\]|bookmark|scrollid|nextcursor|startcursor|\$skiptoken|paginationtoken|pageafter|nextpageid|exclusivestartkey|startingtoken)$/
const LOOSE_CURSOR = /^(after|next|marker)$/

/** Vendor names that get an offset whatever the element says (spec 11 §5.1). */
const ALWAYS_OFFSET = new Set(['offset', '$skip', 'skip', 'start'])

const plain = (name: string) => name.toLowerCase().replace(/[_\-.]/g, '')

/** Reads the paging of a list from the names and types of its parameters and from what its answer offers. */
export function listPaging({ parameters, answer }: Operation, noun: string, definitions: Definitions): ListPaging {
  const query = parameters.filter((parameter) => parameter.in === 'query' && parameter.fixed === undefined)
  const find = (pattern: RegExp, allowed: (schema: Schema) => boolean) =>
    query.find(({ name, schema }) => pattern.test(plain(name)) && allowed(schema))
  const positionOf = () => find(PAGE, isCount) ?? find(OFFSET, isCount) ?? find(CURSOR, isToken)
  const size = find(SIZE, isCount) ?? (positionOf() && find(LOOSE_SIZE, isNumeric))
  const page = find(PAGE, isCount) ?? (size && find(LOOSE_PAGE, isNumeric))
  const offset = find(OFFSET, isCount) ?? (size && find(LOOSE_OFFSET, isNumeric))
  const cursor = find(CURSOR, isToken) ?? find(/^page$/, isText) ?? (size && find(LOOSE_CURSOR, isToken))
  const key = cursor && nextPageKeyOf(answer?.schema, cursor.name, answer?.headers ?? [], definitions)
  if (cursor && (key !== undefined || (!page && !offset)) && !(cursor === page && key === undefined)) {
    return { noun, style: 'cursor', size, position: undefined, cursor, nextPageKey: key }
  }
  const position = page ?? offset
  return { noun, style: page ? 'page' : offset && 'offset', size, position, cursor: undefined, nextPageKey: undefined }
}

function isNumeric({ type, format }: Schema): boolean {
  return (
    type === 'integer' || type === 'number' || (type === 'string' && /int/.test(format ?? '')) || type === undefined
  )
}

function isText({ type, enum: choices, format }: Schema): boolean {
  return type === 'string' && choices === undefined && !/date|time|int/.test(format ?? '')
}

/** Numbers are often declared as text; under a name that only counts, that is one too. */
const isCount = (schema: Schema) => isNumeric(schema) || isText(schema)

const isToken = (schema: Schema) => isText(schema) || schema.type === undefined || schema.type === 'integer'

const NEXT =
  /^(next.*(cursor|token|page|marker|id|key)|next|cursor|after|end_?cursor|continuation.*|.*page_?token|marker|pagination_?token|bookmark|scroll_?id|_scroll_id)$/i
const AROUND = /^(_?links|meta(data)?|paging|pagination|pager?|page_?info|cursors?|response_?metadata|.*page.*)$/i

/**
 * Where an answer holds the next cursor, as `nextPageKey` (spec 11 §5.3): a member called like a cursor, at the top or below
 * `meta`, `paging` and the like; a link's cursor is its query parameter.
 */
function nextPageKeyOf(
  answer: Schema | undefined,
  cursorName: string,
  headers: readonly string[],
  definitions: Definitions,
): string | undefined {
  const path = cursorPath(answer, cursorName, definitions, 0)
  if (path) return `body.${path.names.join('.')}${path.isLink ? `?${cursorName}` : ''}`
  const header = headers.find((name) => /^(x-)?.*(next|continuation|cursor).*(token|page|cursor)?$/i.test(name))
  return header === undefined ? undefined : `header.${header.toLowerCase()}`
}

function cursorPath(
  schema: Schema | undefined,
  cursorName: string,
  definitions: Definitions,
  depth: number,
): { names: string[]; isLink: boolean } | undefined {
  const members = propertiesOf(schema, definitions).filter(([name]) => /^[\w:@$-]+$/.test(name))
  const scalars = members.filter(([, { type }]) => type === 'string' || type === 'integer' || type === undefined)
  const found =
    scalars.find(([name]) => NEXT.test(name) && /next/i.test(name)) ??
    scalars.find(([name]) => plain(name) === plain(cursorName)) ??
    scalars.find(([name]) => NEXT.test(name))
  if (found) return { names: [found[0]], isLink: isLink(found[0], found[1], depth > 0) }
  if (depth >= 3) return undefined
  for (const [name, inner] of members) {
    // `paging.next.after`, `_links.next.href`
    if (!AROUND.test(name) && !(depth > 0 && /^next$/i.test(name))) continue
    const below = /^next$/i.test(name)
      ? linkMember(inner, cursorName, definitions)
      : cursorPath(inner, cursorName, definitions, depth + 1)
    if (below) return { names: [name, ...below.names], isLink: below.isLink }
  }
  return undefined
}

function linkMember(schema: Schema, cursorName: string, definitions: Definitions) {
  const members = propertiesOf(schema, definitions)
  const cursor = members.find(([name]) => plain(name) === plain(cursorName))
  if (cursor) return { names: [cursor[0]], isLink: false }
  const href = members.find(([name]) => /^(href|url|uri|link)$/i.test(name))
  return href && { names: [href[0]], isLink: true }
}

function isLink(name: string, { format, description }: Schema, below: boolean): boolean {
  if (/^ur[il]/.test(format ?? '') || /link|url|uri|href/i.test(name)) return true
  return /^next(_?page)?$/i.test(name) && (below || /\b(url|link|uri)\b/i.test(textOf(description) ?? ''))
}

/**
 * One way of counting for the whole element: the one most lists can use. A list of another kind pages only where its
 * parameter is one of those that always get an offset, or by cursor; `fits` tells.
 */
export function elementPaging(lists: readonly ListPaging[], doubt: Doubtful): ElementPaging {
  const by = (style: Style) => lists.filter((list) => list.style === style)
  const oddOffsets = by('offset').filter(({ position }) => !ALWAYS_OFFSET.has(position?.name ?? ''))
  const type: Style =
    by('page').length > 0 && by('page').length >= oddOffsets.length
      ? 'page'
      : by('offset').length > 0
        ? 'offset'
        : by('cursor').length > 0
          ? 'cursor'
          : 'page'
  const startIndex = mostFrequent(by(type).map(({ position }) => startOf(position, type)))
  return { type, ...sizesOf(lists, doubt), ...(startIndex === undefined ? {} : { startIndex }) }
}

/** Largest pages: the one most lists have, and per object where they differ (spec 11 §2.4). */
function sizesOf(lists: readonly ListPaging[], doubt: Doubtful): Pick<ElementPaging, 'max' | 'maxPerObject'> {
  const known = lists.filter(({ size }) => size?.maximum !== undefined && size.maximum >= 1)
  const maximumOf = ({ size }: ListPaging) => Math.floor(size?.maximum ?? 0)
  const max = mostFrequent(known.map(maximumOf)) ?? 100
  if (known.length === 0 && lists.some(({ size }) => size)) {
    doubt('pagination.max', 'the document names no largest page; 100 is a guess')
  }
  const maxPerObject = new Map<string, number>()
  for (const list of known) {
    const smallest = Math.min(maxPerObject.get(list.noun) ?? Number.POSITIVE_INFINITY, maximumOf(list))
    maxPerObject.set(list.noun, smallest)
  }
  for (const [noun, size] of maxPerObject) if (size === max) maxPerObject.delete(noun)
  return { max, maxPerObject }
}

/** Whether a list can page under the element's way of counting. */
export function fits({ style, position }: ListPaging, { type, startIndex }: ElementPaging): boolean {
  if (style === undefined || style === 'cursor' || style === type) return true
  return type !== 'cursor' && style === 'offset' && ALWAYS_OFFSET.has(position?.name ?? '') && !startIndex
}

/** Undefined where the usual start, page 1 or offset 0, holds. */
function startOf(position: OperationParameter | undefined, style: Style): number | undefined {
  const usual = style === 'page' ? 1 : 0
  const given = [position?.minimum, position?.default].find((value) => value === 0 || value === 1)
  if (given === undefined && style === 'page' && /index$/i.test(position?.name ?? '')) return 0
  return given === undefined || given === usual ? undefined : Number(given)
}

function mostFrequent(values: readonly (number | undefined)[]): number | undefined {
  const counts = new Map<number | undefined, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0]
}
