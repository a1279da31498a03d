import { deriveFields } from './complete-row.ts'
import { decodeBody } from './decode-body.ts'
import { item, meantRow, type ResourceCall, type Result, refuse } from './resource-call.ts'
import type { Row } from './simulation.ts'
import { compileTemplate } from './template.ts'
import { isRow } from './vendor-envelope.ts'

/** `POST /charges/7/capture`: the row gets what simulation.yaml says; with `makes` a new one does, made after it. */
export function act(request: ResourceCall): Result {
  const { call, route, resource, state, parent } = request
  const before = meantRow(request)
  if (!before) return refuse(request, 404)
  const { value, problem } = decodeBody(call)
  if (problem !== undefined) return refuse(request, 400, { message: `the body is no JSON: ${problem}` })
  const { set = {}, makes, status = makes ? 201 : 200 } = route.action ?? {}
  const scope = state.scopeOf(resource)
  const changes = compileTemplate(set)({
    ...before,
    ...(isRow(value) ? value : {}),
    now: scope.now.toISOString(),
  }) as Row
  const row = { ...before, ...(makes ? { [resource.idField]: scope.nextId() } : {}), ...changes }
  deriveFields(row, resource, scope)
  state.table(resource).put(parent, row)
  state.changed()
  return status === 204 ? { status } : item(request, status, row)
}
