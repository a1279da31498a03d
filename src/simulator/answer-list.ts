import { type Call, formFields } from './call.ts'
import { decodeBody } from './decode-body.ts'
import { readPath } from './dotted-path.ts'
import { askedRows } from './filter-languages.ts'
import { type ListPage, listRows } from './list-rows.ts'
import { queryParameters, type ResourceCall, type Result, selectedFields, withHeld } from './resource-call.ts'
import { filterFields } from './row-fields.ts'
import { type ModelScope, sampleModel } from './sample-model.ts'
import { seedFaker } from './sample-rows.ts'
import type { Row } from './simulation.ts'
import { isRow } from './vendor-envelope.ts'
import type { VendorPlan, VendorRoute } from './vendor-route.ts'

/** @throws QueryProblem when a page, a size or a sort cannot be read */
export function list(request: ResourceCall): Result {
  const { call, route, resource, plan } = request
  const given = parameters(call, route)
  const page = listRows(askedFor(request), withSorts(given, request), resource, route.paging)
  const emptyStatus = plan.simulation.status?.emptyList
  if (page.rows.length === 0 && emptyStatus !== undefined) return { status: emptyStatus }
  const selected = selectedFields(resource, call)
  const linkTo = (position: string | undefined) =>
    position === undefined ? undefined : pageAddress(call, plan, route, page, position)
  const facts = {
    type: resource.type,
    count: page.rows.length,
    total: page.total,
    size: page.size,
    position: page.position,
    self: linkTo(page.position),
    previous: linkTo(page.previous),
    next: linkTo(page.next),
    nextPosition: page.next,
    hasMore: page.next !== undefined,
  }
  const listed = route.envelope.list(
    page.rows.map((row) => resource.dress(row, selected)),
    facts,
  )
  const body = isRow(listed) ? { ...around(route, page.total), ...listed } : listed
  return { status: 200, body, value: page.rows, headers: nextHeader(route, page.next, facts.next) }
}

/** The rows that the vendor's filter language asks for. */
function askedFor(request: ResourceCall): Row[] {
  const { call, route, resource } = request
  const rows = [...withHeld(rowsOf(request), request)]
  const asked = route.finder && askedRows(route.finder, call, filterFields(resource.fields, route.finder.aliases))
  return asked ? rows.filter(asked) : rows
}

/** Its own, or those of the collection that it shows. */
function rowsOf({ resource, plan, state, parent }: ResourceCall): Row[] {
  const { shows } = resource
  const shown = shows && plan.resources.get(shows.resource)
  if (!shown) return state.rows(resource, parent)
  const rows = state.table(shown).all()
  const above = parent.split('/').at(-1)
  const { by } = shows
  return rows.map(({ row }) => row).filter((row) => by === undefined || String(row[by]) === above)
}

/** `sorts: [{propertyName, direction}]` of a body, as the parameter would say it. */
function withSorts(given: Record<string, string>, { call, route, resource }: ResourceCall): Record<string, string> {
  const { sorts } = route.finder ?? {}
  const { parameter, direction } = resource.sort
  if (parameter !== undefined && direction !== undefined && given[parameter] && /^desc/i.test(given[direction] ?? ''))
    return { ...given, [parameter]: `${given[parameter]}:desc` }
  const [first] = (sorts && [readPath(decodeBody(call).value, sorts.member)].flat()) ?? []
  if (!sorts || parameter === undefined || !isRow(first)) return given
  const isDescending = /^desc/i.test(String(first[sorts.direction]))
  return { ...given, [parameter]: `${String(first[sorts.field])}${isDescending ? ':desc' : ''}` }
}

/** What the model shows beside the list. */
function around({ shape, resource }: VendorRoute, total: number): Row {
  if (!shape?.wrapper) return {}
  const scope: ModelScope = { faker: seedFaker(resource.name), index: 0, budget: { values: 300 } }
  const whole = sampleModel(shape.wrapper.whole, resource.name, scope)
  const row: Row = isRow(whole) ? whole : {}
  for (const name of Object.keys(row)) if (/^(total|(total_?)?count|total_?results)$/i.test(name)) row[name] = total
  return row
}

function nextHeader(
  { paging }: VendorRoute,
  position: string | undefined,
  link: string | undefined,
): Record<string, string> {
  if (paging.next?.place !== 'header' || position === undefined) return {}
  const isLink = /^link$/i.test(paging.next.path)
  return { [paging.next.path]: isLink ? `<${link}>; rel="next"` : paging.next.parameter ? (link ?? '') : position }
}

/** Links name the vendor's own address, as the real vendor would. */
function pageAddress(call: Call, plan: VendorPlan, { paging }: VendorRoute, page: ListPage, position: string): string {
  const query = new URLSearchParams(call.query)
  const { positions, size, next } = paging
  for (const name of positions) query.delete(name)
  const name = next?.parameter ?? positions[0]
  if (name !== undefined) query.set(name, position)
  if (size !== undefined) query.set(size, String(page.size))
  const text = query.toString()
  return `${plan.origin}${call.path}${text ? `?${text}` : ''}`
}

/** Lists asked for by POST may carry their parameters in the body. What the element always sends filters nothing. */
function parameters(call: Call, { marks, paging }: VendorRoute): Record<string, string> {
  const given = queryParameters(call)
  if (call.method === 'POST' && call.body !== '')
    for (const [name, value] of bodyParameters(call)) given[name] ??= value
  // names with dots are members of members of the body
  for (const name of [...paging.positions, paging.size ?? '']) {
    const inner = name.includes('.') ? readPath(decodeBody(call).value, name) : undefined
    if (typeof inner === 'string' || typeof inner === 'number') given[name] = String(inner)
  }
  for (const { name } of marks) delete given[name]
  return given
}

function bodyParameters(call: Call): [string, string][] {
  const form = formFields(call)
  if (form) return [...form]
  const { value } = decodeBody(call)
  if (!isRow(value)) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'object' ? [] : [[name, String(inner)] as [string, string]],
  )
}
