import type { Element, Parameter, Resource } from '../model/element.ts'
import type { ResourceRules, Simulation } from './simulation.ts'

/** How a vendor cuts a list into pages, told from the vendor's side of the element (spec 11 §5). */
export interface VendorPaging {
  style: 'page' | 'offset' | 'cursor' | 'after' | 'none'
  /** names of the parameters that carry the position; the first one given counts */
  positions: string[]
  size: string | undefined
  /** number of the first page, or offset of the first row */
  first: number
  defaultSize: number
  maxSize: number
  /** where a reply says how to go on */
  next: { place: 'body' | 'header'; path: string; parameter: string | undefined } | undefined
}

const OFFSET_NAMES = new Set([
  'offset',
  '$skip',
  'skip',
  'start',
  'startat',
  'start_index',
  'startindex',
  'page[offset]',
])

/** @param list the element's list resource; absent for resources that only simulation.yaml knows */
export function vendorPaging(
  element: Element,
  list: Resource | undefined,
  simulation: Simulation,
  rules: ResourceRules,
): VendorPaging {
  const given = { ...simulation.paging, ...rules.paging }
  const type = configurationDefault(element, 'pagination.type')?.toLowerCase().trim() ?? ''
  const page = sentAs(list, 'page')
  const cursor = sentAs(list, 'nextPage')
  const next = readNextPageKey(list?.nextPageKey)
  const maxSize = given.maxSize ?? readMax(configurationDefault(element, 'pagination.max'))
  const style = given.style ?? styleOf(type, list, page, cursor)
  return {
    style,
    positions: [given.position ?? page, cursor, next?.parameter].filter((name) => name !== undefined),
    size: given.size ?? sentAs(list, 'pageSize'),
    first: given.first ?? firstPosition(type, style, configurationDefault(element, 'pagination.page.startindex')),
    defaultSize: Math.min(given.defaultSize ?? 25, maxSize),
    maxSize,
    next,
  }
}

/** The same with what a rule says of it. */
export function changedPaging(paging: VendorPaging, rule: NonNullable<Simulation['paging']>): VendorPaging {
  const { style = paging.style, position, size = paging.size } = rule
  const maxSize = rule.maxSize ?? paging.maxSize
  return {
    ...paging,
    style,
    size,
    positions: position === undefined ? paging.positions : [position],
    first: rule.first ?? (style === paging.style ? paging.first : style === 'page' ? 1 : 0),
    defaultSize: Math.min(rule.defaultSize ?? paging.defaultSize, maxSize),
    maxSize,
    next: undefined,
  }
}

export function configurationDefault(element: Element, key: string): string | undefined {
  const value = element.configuration.find((row) => row.key === key)?.defaultValue
  return value === null || value === undefined || value === '' ? undefined : value
}

function styleOf(
  type: string,
  list: Resource | undefined,
  page: string | undefined,
  cursor: string | undefined,
): VendorPaging['style'] {
  if (list?.paginationType === 'NO_PAGINATION' || list?.paginationType === 'VENDOR_NOT_SUPPORTED') return 'none'
  if (list?.nextPageKey?.includes('[last]')) return 'after'
  if (type === 'cursor' || (cursor !== undefined && page === undefined)) return 'cursor'
  if (page === undefined && cursor === undefined && sentAs(list, 'pageSize') === undefined) return 'none'
  if (type === 'offset' || OFFSET_NAMES.has(page?.toLowerCase() ?? '')) return 'offset'
  return 'page'
}

function firstPosition(type: string, style: VendorPaging['style'], startIndex: string | undefined): number {
  const declared = Number.parseInt(startIndex ?? '', 10)
  if (Number.isInteger(declared)) return declared
  if (type === 'page 0') return 0
  return style === 'page' ? 1 : 0
}

/** `100`, or JSON per object: `{"users":"50","default":"30"}` (spec 11 §2.4). */
function readMax(text: string | undefined): number {
  const plain = Number.parseInt(text ?? '', 10)
  if (plain > 0) return plain
  const fallback = Number.parseInt(/"default"\s*:\s*"?(\d+)/.exec(text ?? '')?.[1] ?? '', 10)
  return fallback > 0 ? fallback : 100
}

/** Name under which the vendor receives the caller's query parameter, in the query or in a body. */
function sentAs(resource: Resource | undefined, name: string): string | undefined {
  const parameter = resource?.parameters?.find((candidate) => candidate.name === name && isSent(candidate))
  return parameter?.vendorName
}

function isSent(parameter: Parameter): boolean {
  return parameter.type === 'query' && ['query', 'bodyField', 'form'].includes(parameter.vendorType)
}

function readNextPageKey(key: string | null | undefined): VendorPaging['next'] {
  // the id of the last row is there anyhow
  if (!key || key === 'elements-next-page-token' || key.includes('[last]')) return undefined
  const [path = '', parameter] = key.split('?')
  if (path.startsWith('header.')) return { place: 'header', path: path.slice('header.'.length), parameter }
  return { place: 'body', path: path.startsWith('body.') ? path.slice('body.'.length) : path, parameter }
}
