import type { Call, Reply } from './call.ts'
import { decodeBody } from './decode-body.ts'
import { readPath } from './dotted-path.ts'
import { type Answer, formatFor, type TokenSource } from './render-answer.ts'
import type { ResourcePlan } from './resource-plan.ts'
import type { Row } from './simulation.ts'
import { type VendorErrorDetails, vendorError } from './vendor-error.ts'
import type { VendorPlan, VendorRoute } from './vendor-route.ts'
import type { VendorState } from './vendor-state.ts'

/** A vendor call whose route is known and whose credentials are good. */
export interface ResourceCall {
  call: Call
  route: VendorRoute
  resource: ResourcePlan
  plan: VendorPlan
  state: VendorState
  tokens: TokenSource
  /** the row above a nested collection, '' at the top */
  parent: string
  id: string
}

/** Everything behind the answers of one vendor. */
export interface Backend {
  plan: VendorPlan
  state: VendorState
  tokens: TokenSource
}

export type Result = Answer | Reply

/** The row that a call means; any one when it says nowhere which, in a way that can be read from here. */
export function meantRow({ state, resource, parent, id }: ResourceCall): Row | undefined {
  const row = state.find(resource, parent, id)
  return row ?? (!resource.isDeclared && id === '' ? state.rows(resource, parent)[0] : undefined)
}

export function item(request: ResourceCall, status: number, row: Row): Answer {
  const { route, resource, call } = request
  const [whole = row] = withHeld([row], request)
  const shown = resource.dress(whole, selectedFields(resource, call))
  return { status, body: route.envelope.item(shown, { type: resource.type }), value: row }
}

/** Rows with the rows of other resources that they hold. */
export function withHeld(rows: readonly Row[], { resource, plan, state }: Omit<ResourceCall, 'call'>): readonly Row[] {
  if (!resource.holds) return rows
  const held = Object.entries(resource.holds).flatMap(([member, { resource: name, by }]) => {
    const other = plan.resources.get(name)
    return other ? [{ member, by, groups: Map.groupBy(state.rows(other, ''), (row) => row[by]) }] : []
  })
  return rows.map((row) => ({
    ...row,
    ...Object.fromEntries(held.map(({ member, groups }) => [member, groups.get(row[resource.idField]) ?? []])),
  }))
}

/** Names that a call asks for in the vendor's own parameter; undefined when it does not. */
export function selectedFields({ select }: ResourcePlan, call: Call): Set<string> | undefined {
  if (!select) return undefined
  const body = call.method === 'POST' ? readPath(decodeBody(call).value, select.parameter) : undefined
  const given = Array.isArray(body) ? body : call.query.getAll(select.parameter)
  const names = given.flatMap((one) => String(one).split(',')).map((name) => name.trim())
  return names.some((name) => name !== '') ? new Set(names) : undefined
}

export function refuse(
  { plan, resource, route, call }: ResourceCall,
  status: number,
  details: VendorErrorDetails = {},
): Reply {
  return vendorError(plan, status, { ...details, resource: resource.type }, formatFor(route.shape, call))
}

/** Repeated parameters are joined by commas. */
export function queryParameters(call: Call): Record<string, string> {
  const given: Record<string, string> = Object.create(null)
  for (const [name, value] of call.query) given[name] = given[name] === undefined ? value : `${given[name]},${value}`
  return given
}
