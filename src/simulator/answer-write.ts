import { formFields, jsonReply } from './call.ts'
import { isEmpty } from './complete-row.ts'
import { decodeBody } from './decode-body.ts'
import { derivedRow } from './derived-row.ts'
import { filterRows } from './list-rows.ts'
import { formatFor } from './render-answer.ts'
import { item, meantRow, queryParameters, type ResourceCall, type Result, refuse } from './resource-call.ts'
import { type ModelScope, sampleModel } from './sample-model.ts'
import { seedFaker } from './sample-rows.ts'
import type { Row } from './simulation.ts'
import { compileTemplate } from './template.ts'
import { typedRow } from './typed-row.ts'
import { isRow } from './vendor-envelope.ts'
import type { VendorRoute } from './vendor-route.ts'
import type { RowChange } from './vendor-webhooks.ts'
import { writeRow } from './write-row.ts'

export function create(request: ResourceCall): Result {
  const { plan, route, call } = request
  const isRest =
    route.method === 'POST' && formatFor(route.shape, call) !== 'soap' && !route.resource.collection.key.startsWith('#')
  return save(request, undefined, plan.simulation.status?.created ?? (isRest ? 201 : 200))
}

export function update(request: ResourceCall): Result {
  const before = meantRow(request)
  return before ? save(request, before, 200) : refuse(request, 404)
}

/** The first row that the query's filters find is updated; without one a row is created (spec 12 §3.4). */
export function upsert(request: ResourceCall): Result {
  const { call, resource, state, parent } = request
  const given = queryParameters(call)
  const usable = Object.keys(given).filter((name) => resource.filters?.has(name) ?? resource.fields.has(name))
  if (usable.length === 0) return refuse(request, 400, { message: 'upsert needs at least one filter in the query' })
  const [before] = filterRows(state.rows(resource, parent), given, resource)
  return before ? save(request, before, 200) : create(request)
}

export function remove(request: ResourceCall): Result {
  const { route, resource, plan, state, parent, id, call } = request
  const before = state.find(resource, parent, id)
  const isThere =
    state.table(resource).remove(parent, id) || (!resource.isDeclared && (before !== undefined || id === ''))
  // what was deleted is gone; cleaning up may be asked for twice
  if (!isThere && !route.served?.isLifecycle) return refuse(request, 404)
  state.changed(before && toldChange(request, 'deleted', before))
  const told = before && writeAnswer(request, 'deleted', before)
  if (told) return told
  const isSilent = formatFor(route.shape, call) === 'json' && !route.shape?.hasBody
  if (isSilent) return { status: plan.simulation.status?.deleted ?? 204 }
  return item(request, 200, toldRow(route) ?? before ?? { [resource.idField]: id })
}

/** What the model says of this answer alone. */
function toldRow({ served, resource }: VendorRoute): Row | undefined {
  const part = served?.model.row
  const scope: ModelScope = { faker: seedFaker(resource.name), index: 0, budget: { values: 300 } }
  const row = part && sampleModel(part, resource.name, scope)
  return isRow(row) ? row : undefined
}

export function save(request: ResourceCall, before: Row | undefined, status: number): Result {
  const { resource } = request
  return resource.isDeclared ? saveDeclared(request, before, status) : saveDerived(request, before, status)
}

function saveDeclared(request: ResourceCall, before: Row | undefined, status: number): Result {
  const { call, route, resource, plan, state, parent } = request
  const type = call.headers['content-type'] ?? ''
  const wanted = plan.simulation.requestContentType
  if (wanted !== undefined && !type.toLowerCase().startsWith(wanted))
    return refuse(request, 415, { message: `Content-Type must be ${wanted}, got ${type ? `"${type}"` : 'none'}` })
  const { value, problem } = decodeBody(call)
  if (problem !== undefined) return refuse(request, 400, { message: `the body is no JSON: ${problem}` })
  const sent = route.envelope.readRequest(value)
  const input = sent && (isForm(call) ? typedRow(sent, resource.fields) : sent)
  if (!input) return refuse(request, 400, { message: 'the body lacks its wrapper' })
  const result = writeRow(resource, before ? input : withMade(input, request), before, state.scopeOf(resource))
  if ('problems' in result)
    return refuse(request, plan.simulation.status?.invalid ?? 422, { problems: result.problems })
  state.table(resource).put(parent, result.row)
  state.changed(toldChange(request, before ? 'updated' : 'created', result.row))
  return writeAnswer(request, before ? 'updated' : 'created', result.row) ?? item(request, status, result.row)
}

/** A form has texts only. */
function isForm(call: ResourceCall['call']): boolean {
  return call.fields.length > 0 || formFields(call) !== undefined
}

/** A creation that names no row above it makes one (`makes`). */
function withMade(input: Row, { resource, plan, state }: ResourceCall): Row {
  const whole = { ...input }
  for (const [name, { makes, reference }] of resource.fields) {
    const target = typeof reference === 'string' ? plan.resources.get(reference) : undefined
    if (!makes || !target || !isEmpty(input[name])) continue
    const members = Object.entries(makes).map(([member, from]) => [member, input[from] ?? null] as const)
    const made = writeRow(target, Object.fromEntries(members), undefined, state.scopeOf(target))
    if (!('row' in made)) continue
    state.table(target).put('', made.row)
    whole[name] = made.row[target.idField]
  }
  return whole
}

/** What simulation.yaml has a write answered with; undefined: the row. */
function writeAnswer(request: ResourceCall, kind: 'created' | 'updated' | 'deleted', row: Row): Result | undefined {
  const { resource, plan, call } = request
  const rule = resource.writes[kind]
  if (!rule) return undefined
  const id = row[resource.idField]
  const self = `${plan.origin}${call.path}${kind === 'created' ? `/${String(id)}` : ''}`
  const facts = { ...row, id, self, type: resource.type, row: resource.dress(row) }
  const headers = compileTemplate(rule.headers ?? {})(facts) as Record<string, string>
  const status = rule.status ?? (kind === 'created' ? 201 : 200)
  return rule.body === undefined ? { status, headers } : jsonReply(status, compileTemplate(rule.body)(facts), headers)
}

/** Vendors tell of rows, not of who subscribed to them. */
function toldChange({ route, resource }: ResourceCall, kind: RowChange['kind'], row: Row): RowChange | undefined {
  return route.served?.isLifecycle ? undefined : { resource, kind, row }
}

const MAX_AT_ONCE = 100

function saveDerived(request: ResourceCall, before: Row | undefined, status: number): Result {
  const { call, route, resource, state, parent } = request
  const { value, problem } = decodeBody(call)
  if (problem !== undefined) return refuse(request, 400, { message: `the body is no JSON: ${problem}` })
  const isPatch = Array.isArray(value) && (before !== undefined || value.every(isPatchOperation))
  const inputs = Array.isArray(value) && !isPatch ? value.slice(0, MAX_AT_ONCE) : [value]
  const rows = inputs.map((input) => {
    const start = before ?? state.find(resource, parent, String(state.scopeOf(resource).nextId())) ?? {}
    const inner = isPatch ? input : isRow(input) ? route.envelope.readRequest(input) : input
    const row = derivedRow(resource, start, inner, call.uploads)
    state.table(resource).put(parent, row)
    return row
  })
  const [first] = rows
  state.changed(first && toldChange(request, before ? 'updated' : 'created', first))
  if (rows.length === 1 && first) return item(request, status, first)
  return { status, body: route.envelope.list(rows, {}), value: rows }
}

function isPatchOperation(value: unknown): boolean {
  return isRow(value) && typeof value.op === 'string' && typeof value.path === 'string'
}
