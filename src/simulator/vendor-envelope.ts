import type { Resource } from '../model/element.ts'
import { readPath, writePath } from './dotted-path.ts'
import type { ResourceRules, Row, Simulation } from './simulation.ts'
import { compileTemplate, type Facts, type Render } from './template.ts'
import type { VendorPaging } from './vendor-paging.ts'

/** What a vendor wraps around its rows, in both directions. */
export interface VendorEnvelope {
  list: Render
  listItem: Render
  item: Render
  /** the row inside a request body, or undefined when the wrapper is missing and the vendor insists on it */
  readRequest(body: unknown): Row | undefined
}

/** The element's resources on one vendor path. */
export interface ElementSide {
  list?: Resource
  read?: Resource
  write?: Resource
}

/** simulation.yaml first; what it leaves open is derived from `rootKey` and `nextPageKey` (spec 11 §4.4, §5.3). */
export function vendorEnvelope(
  side: ElementSide,
  paging: VendorPaging,
  simulation: Simulation,
  rules: ResourceRules,
): VendorEnvelope {
  const given = { ...simulation.envelope, ...rules.envelope }
  const derived = listTemplates(responseRoot(side.list), paging)
  const itemRoot = responseRoot(side.read ?? side.write)
  return {
    list: compileTemplate(given.list ?? derived.list),
    listItem: compileTemplate(given.listItem ?? derived.listItem),
    item: compileTemplate(given.item ?? (itemRoot ? writePath({}, itemRoot, '$row') : '$row')),
    readRequest: requestReader(given.request ?? { root: requestRoot(side.write) ?? '', required: false }),
  }
}

function listTemplates(root: string, paging: VendorPaging): { list: unknown; listItem: unknown } {
  const [container = '', inner = ''] = root.split('[*]').map((part) => part.replace(/^\.|\.$/g, ''))
  const listItem = inner ? writePath({}, inner, '$row') : '$row'
  const nextInBody = paging.next?.place === 'body' ? paging.next : undefined
  if (!container && !nextInBody) return { list: '$items', listItem }
  const list = writePath({}, container || 'items', '$items')
  if (nextInBody) {
    // `data.nextId` beside a list at `data`: the member then stands at the top (spec 11 §5.3)
    const inside = nextInBody.path.startsWith(`${container || 'items'}.`)
    const path = inside ? nextInBody.path.slice(nextInBody.path.indexOf('.') + 1) : nextInBody.path
    writePath(list, path, nextInBody.parameter === undefined ? '$nextPosition' : '$next')
  }
  return { list, listItem }
}

function requestReader(rule: { root: string; required?: boolean }): VendorEnvelope['readRequest'] {
  return (body) => {
    const inner = rule.root ? readPath(body, rule.root) : body
    if (isRow(inner)) return inner
    if (rule.required) return undefined
    return isRow(body) ? body : {}
  }
}

function responseRoot(resource: Resource | undefined): string {
  const key = resource?.rootKey ?? ''
  const root = key.includes('|') ? key.slice(key.indexOf('|') + 1) : key
  return root.replace(/^\./, '').replace(/\[\d+\]/g, '')
}

function requestRoot(resource: Resource | undefined): string | undefined {
  const key = resource?.rootKey ?? ''
  return key.includes('|') ? key.slice(0, key.indexOf('|')) : undefined
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One list reply. */
export function renderList(envelope: VendorEnvelope, rows: readonly Row[], facts: Facts): unknown {
  return envelope.list({ ...facts, items: rows.map((row) => envelope.listItem({ ...facts, row })) })
}
