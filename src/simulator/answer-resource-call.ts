import { act } from './answer-action.ts'
import { answerDescription } from './answer-description.ts'
import { list } from './answer-list.ts'
import { answerStatement } from './answer-statement.ts'
import { create, remove, save, update, upsert } from './answer-write.ts'
import type { Call, Reply } from './call.ts'
import { decodeBody, findMember } from './decode-body.ts'
import { fileReply } from './file-reply.ts'
import type { FoundRoute } from './find-route.ts'
import type { Operation } from './place-resource.ts'
import { QueryProblem } from './query-problem.ts'
import { formatFor, renderAnswer } from './render-answer.ts'
import { type Backend, item, meantRow, type ResourceCall, type Result, refuse } from './resource-call.ts'
import { vendorError } from './vendor-error.ts'
import type { VendorRoute } from './vendor-route.ts'
import { joinParents } from './vendor-state.ts'

const ANSWERS: Record<Operation, (call: ResourceCall) => Result> = {
  action: act,
  list,
  create,
  read,
  update,
  delete: remove,
  upsert,
  self,
  single,
  statement: answerStatement,
  description: answerDescription,
}

const LIST_CACHE_SIZE = 1000
const LIST_CACHE_BYTES = 100_000

export function answerResourceCall({ plan, state, tokens }: Backend, found: FoundRoute, call: Call): Reply {
  const { route } = found
  const cacheKey = isRepeatable(route, call) ? `${call.path}?${call.queryText}` : undefined
  const cached = cacheKey === undefined ? undefined : state.replies.get(cacheKey)
  if (cached) return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: cached }

  const request = locate({ plan, state, tokens }, found, call)
  if ('status' in request) return request
  try {
    const result = ANSWERS[route.operation](request)
    if (!('value' in result)) return result
    const reply = renderAnswer(result, route, call, tokens)
    if (cacheKey === undefined || reply.status !== 200 || (reply.body?.length ?? 0) > LIST_CACHE_BYTES) return reply
    if (state.replies.size >= LIST_CACHE_SIZE) state.replies.clear()
    const body = Buffer.from(reply.body ?? '')
    state.replies.set(cacheKey, body)
    return { ...reply, body }
  } catch (error) {
    if (error instanceof QueryProblem)
      return refuse(request, 400, { message: error.message, ...(error.code ? { code: error.code } : {}) })
    throw error
  }
}

/** Lists whose answers depend on path and query alone. */
function isRepeatable({ operation, marks, shape, paging }: VendorRoute, call: Call): boolean {
  const isPlain = marks.length === 0 && paging.next?.place !== 'header' && (shape?.headers.length ?? 0) === 0
  return operation === 'list' && call.method === 'GET' && isPlain && formatFor(shape, call) === 'json'
}

/** Which row is meant, or a 404 when the one above it is missing. */
function locate(backend: Backend, { route, variables }: FoundRoute, call: Call): ResourceCall | Reply {
  const { plan, state } = backend
  const { resource, baseVariables, parents } = route
  const above = variables.slice(baseVariables, baseVariables + parents)
  const request = { ...backend, call, route, resource, parent: above.reduce(joinParents, ''), id: '' }
  const owner = parents > 0 ? state.parentOf(resource) : undefined
  const grandparent = above.slice(0, -1).reduce(joinParents, '')
  if (owner && !state.find(owner, grandparent, above.at(-1) ?? ''))
    return vendorError(plan, 404, { resource: owner.type }, formatFor(route.shape, call))
  return { ...request, id: idOf(route, variables, call) }
}

function idOf({ id }: VendorRoute, variables: readonly string[], call: Call): string {
  if (id === undefined) return ''
  if ('variable' in id) return variables[id.variable] ?? ''
  const given = id.names.map((name) => call.query.get(name)).find((value) => value)
  return given ?? String(findMember(decodeBody(call).value, id.names) ?? '')
}

function read(request: ResourceCall): Result {
  if (request.route.shape?.format === 'file') return fileReply(request)
  const row = meantRow(request)
  return row ? item(request, 200, row) : refuse(request, 404)
}

function self(request: ResourceCall): Result {
  const { resource, plan, state } = request
  const row = plan.simulation.me === resource.name ? state.me() : state.rows(resource, '')[0]
  return row ? item(request, 200, row) : refuse(request, 404)
}

function single(request: ResourceCall): Result {
  const { route, resource, state, parent, call } = request
  if (route.shape?.format === 'file') return fileReply(request)
  const before = state.rows(resource, parent)[0]
  if (call.method === 'GET' || route.served?.isLifecycle || !before) return item(request, 200, before ?? {})
  return save(request, before, 200)
}
