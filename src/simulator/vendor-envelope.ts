import type { AnswerShape } from './answer-shape.ts'
import { readPath, writePath } from './dotted-path.ts'
import { EVERY, placeAt, type RootStep, rootSteps, valueAt, withMember } from './root-path.ts'
import type { ResourceRules, Row, Simulation } from './simulation.ts'
import { compileTemplate, type Facts } from './template.ts'
import type { VendorPaging } from './vendor-paging.ts'

type Envelope = NonNullable<ResourceRules['envelope']>

/** What a vendor wraps around its rows, in both directions. */
export interface VendorEnvelope {
  list(rows: readonly Row[], facts: Facts): unknown
  item(row: Row, facts: Facts): unknown
  /** the row inside a request body, or undefined when the wrapper is missing and the vendor insists on it */
  readRequest(body: unknown): Row | undefined
}

/**
 * simulation.yaml first; what it leaves open is derived from `rootKey` and `nextPageKey` (spec 11 §4.4, §5.3).
 * @param shape absent for paths that only simulation.yaml knows
 */
export function vendorEnvelope(
  shape: AnswerShape | undefined,
  paging: VendorPaging,
  simulation: Simulation,
  rules: ResourceRules,
): VendorEnvelope {
  const given = { ...simulation.envelope, ...rules.envelope }
  const derived = derivedEnvelope(shape, paging)
  const [list, listItem, item] = [given.list, given.listItem ?? '$row', given.item].map(
    (template) => template !== undefined && compileTemplate(template),
  )
  return {
    list: (rows, facts) => {
      if (!list) return derived.list(rows, facts)
      return list({ ...facts, items: rows.map((row) => (listItem ? listItem({ ...facts, row }) : row)) })
    },
    item: (row, facts) => (item ? item({ ...facts, row }) : derived.item(row, facts)),
    readRequest: requestReader(given.request ?? { root: shape?.requestRoot ?? '', required: false }),
  }
}

function derivedEnvelope(shape: AnswerShape | undefined, paging: VendorPaging): Omit<VendorEnvelope, 'readRequest'> {
  const root = shape?.root ?? []
  const isWrapped = shape?.isList === true && typeof root.at(-1) !== 'number' && root.at(-1) !== EVERY
  return {
    item: (row) => placeAt(root, isWrapped ? [row] : row),
    list(rows, facts) {
      const next = paging.next?.place === 'body' ? paging.next : undefined
      const position = next?.parameter === undefined ? facts.nextPosition : facts.next
      if (root.length > 0) return withNext(placeAt(root, rows), root, next?.path, position)
      if (shape?.wrapper)
        return withNext({ [shape.wrapper.member]: rows }, [shape.wrapper.member], next?.path, position)
      return next ? withNext({ items: rows }, ['items'], next.path, position) : rows
    },
  }
}

/** Adds where the next page begins, as `nextPageKey` looks for it. */
function withNext(body: unknown, root: readonly RootStep[], path: string | undefined, position: unknown): unknown {
  if (path === undefined || position === undefined || !isRow(body)) return body
  // a member with a dot in its name: OData's `@odata.nextLink`
  if (path.startsWith('@')) return withMember(body, path, position)
  const steps = rootSteps(path)
  const names = steps.filter((step) => typeof step === 'string')
  // `data.nextId` beside a list at `data`: the member then stands at the top (spec 11 §5.3)
  const isInList = names.length > 1 && names[0] === root[0] && Array.isArray(valueAt(body, names.slice(0, -1)))
  return writePath(body, (isInList ? names.slice(1) : names).join('.'), position)
}

function requestReader(rule: NonNullable<Envelope['request']>): VendorEnvelope['readRequest'] {
  return (given) => {
    const lifted = rule.lift !== undefined && isRow(given) ? given[rule.lift] : undefined
    const body = isRow(lifted) && isRow(given) ? { ...given, ...lifted } : given
    const inner = rule.root ? readPath(body, rule.root) : body
    if (isRow(inner)) return inner
    if (rule.required) return undefined
    return isRow(body) ? body : {}
  }
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
