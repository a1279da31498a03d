import type { Element, Hook, Resource } from '../model/element.ts'
import { expectedKind } from './complete-answer.ts'
import { hookReads } from './hook-reads.ts'
import { type ResponseModel, responseModel } from './response-model.ts'
import { marksKey, type RouteMark, routeMarks } from './route-marks.ts'
import { isEnvelope } from './soap.ts'
import { type VendorAddress, vendorAddress } from './vendor-address.ts'
import { hasVariable, pathSegments, type VendorPath, vendorPath } from './vendor-path.ts'

/** A resource as the vendor sees it. */
export interface Served {
  resource: Resource
  address: VendorAddress
  /** what the vendor is called with */
  vendorMethod: string
  /** what the caller means by it */
  method: string
  path: VendorPath
  marks: RouteMark[]
  model: ResponseModel
  /** caller's path without `/hubs/<hub>` */
  callerSegments: string[]
  /** the caller names one row */
  onItem: boolean
  isSoap: boolean
  /** provisioning and the like, see spec 11 §4.3 */
  isLifecycle: boolean
  /** a script of its own builds the final path */
  movesPath: boolean
  /** further resources that cannot be told apart from this one */
  twins: Resource[]
}

const MAX_RESOURCES = 3000
const OBJECT_VARIABLE = /^(child)?_?object_?(name|type|key)?s?$/i

/**
 * What a vendor of this element has to answer. Left out: built-in code, stubs (spec 11 §4.8), formulas, databases.
 * Resources with the same address and the same marks are one.
 */
export function servedResources(element: Element): Served[] {
  if (element.protocolType === 'jdbc') return []
  const found = new Map<string, Served>()
  for (const resource of element.resources.slice(0, MAX_RESOURCES)) {
    if (!isCallable(resource)) continue
    const served = asServed(resource, element)
    const key = `${served.vendorMethod} ${served.address.isAbsolute} ${served.path.key} ${marksKey(served.marks)}`
    const first = found.get(key)
    if (!first) found.set(key, served)
    else if (first.isLifecycle && !served.isLifecycle)
      found.set(key, { ...served, twins: [...first.twins, first.resource] })
    else first.twins.push(resource)
  }
  return [...found.values()]
}

function asServed(resource: Resource, element: Element): Served {
  const address = vendorAddress(resource.vendorPath)
  const callerSegments = callerPath(resource.path)
  const last = callerSegments.at(-1)
  const onItem = hasVariable(last) && !isObjectVariable(last ?? '')
  const isSoap = callsSoap(resource, element)
  return {
    resource,
    address,
    vendorMethod: (resource.vendorMethod ?? resource.method).toUpperCase(),
    method: resource.method.toUpperCase(),
    path: vendorPath(address.path),
    marks: routeMarks(resource, address, isSoap),
    model: withEvidence(responseModel(resource, onItem), resource),
    callerSegments,
    onItem,
    isSoap,
    isLifecycle: !/^(api|apiNoDocumentation)$/.test(resource.type ?? 'api'),
    movesPath: (resource.hooks ?? []).some(movesPath),
    twins: [],
  }
}

/** Whether a script may lead a call to another path. */
export function movesPath({ type, body }: Hook): boolean {
  return type === 'preRequest' && typeof body === 'string' && /request_vendor_(path|url)/.test(body)
}

/** Where the model says nothing, scripts may: they read a list, an object, a text. */
function withEvidence(model: ResponseModel, { hooks = [] }: Resource): ResponseModel {
  if (model.kind !== 'unknown') return model
  const kind = expectedKind(hookReads(hooks).members)
  return kind === undefined ? model : { ...model, kind: kind === 'text' ? 'file' : kind }
}

function isCallable({ kind, type, vendorPath: path, parameters = [], hooks = [] }: Resource): boolean {
  if (kind === 'java' || type === 'formulaAsResource') return false
  const isStub =
    path === undefined &&
    hooks.length === 0 &&
    parameters.length > 0 &&
    parameters.every((row) => row.type === 'multipart' && row.vendorType === 'form')
  return !isStub
}

function callsSoap(resource: Resource, element: Element): boolean {
  if (element.protocolType === 'soap' || /^\|?[.]?(?:[\w-]+:)?Envelope\b/i.test(resource.rootKey ?? '')) return true
  return (resource.parameters ?? []).some(
    ({ type, name, vendorName, vendorType }) =>
      (vendorType === 'header' && /^soapaction$/i.test(vendorName.trim())) ||
      (type === 'value' && vendorType === 'body' && isEnvelope(name)),
  )
}

function callerPath(path: string): string[] {
  const segments = pathSegments(path)
  return segments[0] === 'hubs' ? segments.slice(2) : segments
}

/** `{objectName}`: a variable that names a collection, not a row. */
export function isObjectVariable(segment: string): boolean {
  const name = /^\{([^{}]*)\}$/.exec(segment)?.[1]
  return name !== undefined && OBJECT_VARIABLE.test(name)
}
