import { type Call, formFields, jsonReply, type Reply } from './call.ts'
import { writePath } from './dotted-path.ts'
import { filterRows, type ListPage, listRows, QueryProblem } from './list-rows.ts'
import type { Row } from './simulation.ts'
import { isRow, renderList } from './vendor-envelope.ts'
import { vendorError } from './vendor-error.ts'
import type { Operation, ResourcePlan, VendorPlan, VendorRoute } from './vendor-plan.ts'
import { joinParents, type VendorState } from './vendor-state.ts'
import { writeRow } from './write-row.ts'

/** A vendor call whose route is known and whose credentials are good. */
export interface ResourceCall {
  call: Call
  route: VendorRoute
  resource: ResourcePlan
  plan: VendorPlan
  state: VendorState
  /** the row above a nested collection, '' at the top */
  parent: string
  id: string
}

const ANSWERS: Record<Operation, (call: ResourceCall) => Reply> = {
  list,
  create,
  read,
  update,
  delete: remove,
  upsert,
  self,
  single,
}

const LIST_CACHE_SIZE = 1000

/** @param variables decoded path variables in order */
export function answerResourceCall(
  plan: VendorPlan,
  state: VendorState,
  route: VendorRoute,
  variables: readonly string[],
  call: Call,
): Reply {
  const cacheKey = route.operation === 'list' && call.method === 'GET' ? `${call.path}?${call.queryText}` : undefined
  const cached = cacheKey === undefined ? undefined : state.replies.get(cacheKey)
  if (cached) return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: cached }

  const { resource } = route
  const depth = resource.collection.variableCount
  const parent = variables.slice(0, depth).reduce(joinParents, '')
  const id = variables[depth] ?? (route.idParameter === undefined ? '' : (parameters(call)[route.idParameter] ?? ''))
  const above = state.parentOf(resource)
  const grandparent = variables.slice(0, depth - 1).reduce(joinParents, '')
  if (above && !state.table(above).find(grandparent, variables[depth - 1] ?? ''))
    return vendorError(plan, 404, { resource: above.type })
  try {
    const reply = ANSWERS[route.operation]({ call, route, resource, plan, state, parent, id })
    if (cacheKey === undefined || reply.status !== 200 || hasOwnHeaders(resource)) return reply
    if (state.replies.size >= LIST_CACHE_SIZE) state.replies.clear()
    const body = Buffer.from(reply.body ?? '')
    state.replies.set(cacheKey, body)
    return { ...reply, body }
  } catch (error) {
    if (error instanceof QueryProblem)
      return vendorError(plan, 400, { message: error.message, resource: resource.type })
    throw error
  }
}

function hasOwnHeaders(resource: ResourcePlan): boolean {
  return resource.paging.next?.place === 'header'
}

function list({ call, resource, plan, state, parent }: ResourceCall): Reply {
  const given = parameters(call)
  const page = listRows(state.table(resource).below(parent), given, resource)
  const linkTo = (position: string | undefined) =>
    position === undefined ? undefined : pageAddress(call, plan, resource, page, position)
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
  const header = resource.paging.next?.place === 'header' && page.next ? { [resource.paging.next.path]: page.next } : {}
  return jsonReply(200, renderList(resource.envelope, page.rows, facts), header)
}

/** Links name the vendor's own address, as the real vendor would; a base URL with placeholders has none, then the path alone. */
function pageAddress(call: Call, plan: VendorPlan, resource: ResourcePlan, page: ListPage, position: string): string {
  const query = new URLSearchParams(call.query)
  const { positions, size, next } = resource.paging
  for (const name of positions) query.delete(name)
  const name = next?.parameter ?? positions[0]
  if (name !== undefined) query.set(name, position)
  if (size !== undefined) query.set(size, String(page.size))
  const text = query.toString()
  return `${plan.origin ?? ''}${call.path}${text ? `?${text}` : ''}`
}

function read({ resource, plan, state, parent, id }: ResourceCall): Reply {
  const row = state.table(resource).find(parent, id)
  return row ? itemReply(200, resource, row) : vendorError(plan, 404, { resource: resource.type })
}

function self({ resource, plan, state }: ResourceCall): Reply {
  const row = plan.simulation.me === resource.name ? state.me() : state.table(resource).all()[0]?.row
  return row ? itemReply(200, resource, row) : vendorError(plan, 404, { resource: resource.type })
}

function create(request: ResourceCall): Reply {
  return save(request, undefined, request.plan.simulation.status?.created ?? 201)
}

function update(request: ResourceCall): Reply {
  const before = request.state.table(request.resource).find(request.parent, request.id)
  return before ? save(request, before, 200) : vendorError(request.plan, 404, { resource: request.resource.type })
}

/** The first row that the query's filters find is updated; without one a row is created (spec 12 §3.4). */
function upsert(request: ResourceCall): Reply {
  const { call, plan, resource, state, parent } = request
  const given = queryParameters(call)
  const usable = Object.keys(given).filter((name) => resource.filters?.has(name) ?? resource.fields.has(name))
  if (usable.length === 0)
    return vendorError(plan, 400, { message: 'upsert needs at least one filter in the query', resource: resource.type })
  const [before] = filterRows(state.table(resource).below(parent), given, resource)
  return before ? save(request, before, 200) : create(request)
}

function single(request: ResourceCall): Reply {
  const { call, resource, route, state } = request
  const before = state.table(resource).all()[0]?.row
  if (call.method === 'GET' || route.captures.length > 0 || !before) {
    const row = { ...before }
    for (const path of route.captures) writePath(row, path.replace(/\[\d+\]/g, ''), `captured-${path}`)
    return itemReply(200, resource, row)
  }
  return save(request, before, 200)
}

function remove({ resource, plan, state, parent, id }: ResourceCall): Reply {
  if (!state.table(resource).remove(parent, id)) return vendorError(plan, 404, { resource: resource.type })
  state.changed()
  return { status: plan.simulation.status?.deleted ?? 204 }
}

function save({ call, resource, plan, state, parent }: ResourceCall, before: Row | undefined, status: number): Reply {
  const body = readJsonOrForm(call, plan)
  if ('problem' in body) return vendorError(plan, body.status, { message: body.problem, resource: resource.type })
  const input = resource.envelope.readRequest(body.value)
  if (!input) return vendorError(plan, 400, { message: 'the body lacks its wrapper', resource: resource.type })
  const result = writeRow(resource, input, before, state.scopeOf(resource))
  if ('problems' in result) {
    return vendorError(plan, plan.simulation.status?.invalid ?? 422, {
      problems: result.problems,
      resource: resource.type,
    })
  }
  state.table(resource).put(parent, result.row)
  state.changed()
  return itemReply(status, resource, result.row)
}

function readJsonOrForm(call: Call, plan: VendorPlan): { value: unknown } | { status: number; problem: string } {
  const type = call.headers['content-type'] ?? ''
  const wanted = plan.simulation.requestContentType
  if (wanted !== undefined && !type.toLowerCase().startsWith(wanted)) {
    return { status: 415, problem: `Content-Type must be ${wanted}, got ${type ? `"${type}"` : 'none'}` }
  }
  const form = formFields(call)
  if (form) return { value: Object.fromEntries(form) }
  if (call.body.trim() === '') return { value: undefined }
  if (type !== '' && !/json/i.test(type)) return { value: {} }
  try {
    return { value: JSON.parse(call.body) }
  } catch (error) {
    return { status: 400, problem: `the body is no JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function itemReply(status: number, resource: ResourcePlan, row: Row): Reply {
  return jsonReply(status, resource.envelope.item({ row, type: resource.type }))
}

/** Repeated parameters are joined by commas. */
function queryParameters(call: Call): Record<string, string> {
  const given: Record<string, string> = Object.create(null)
  for (const [name, value] of call.query) given[name] = given[name] === undefined ? value : `${given[name]},${value}`
  return given
}

/** Lists asked for by POST may carry their parameters in the body. */
function parameters(call: Call): Record<string, string> {
  const given = queryParameters(call)
  if (call.method === 'POST' && call.body !== '')
    for (const [name, value] of bodyParameters(call)) given[name] ??= value
  return given
}

function bodyParameters(call: Call): [string, string][] {
  const form = formFields(call)
  if (form) return [...form]
  try {
    const body: unknown = JSON.parse(call.body)
    if (!isRow(body)) return []
    return Object.entries(body).flatMap(([name, value]) =>
      typeof value === 'object' ? [] : [[name, String(value)] as [string, string]],
    )
  } catch {
    // a list request whose body is no JSON carries no parameters; what is written is checked in `save`
    return []
  }
}
