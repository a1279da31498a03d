import type { Parameter, Resource } from '../model/element.ts'
import type { Call } from './call.ts'
import { decodeBody, findMember } from './decode-body.ts'
import { actionName, envelopePrefix, operationOf } from './soap.ts'
import type { VendorAddress } from './vendor-address.ts'

/**
 * Something that the element always sends with a resource. Vendors with one address for many things tell them apart by it:
 * `?method=account.list`, a SOAPAction, a header.
 */
export interface RouteMark {
  place: 'query' | 'header' | 'body' | 'member' | 'operation' | 'prefix'
  name: string
  /** undefined: any value */
  value: string | undefined
}

const USUAL_HEADERS = /^(accept|content-type|authorization|user-agent|soapaction|accept-.*|content-.*)$/i
const MAX_MARKS = 30

/** @param isSoap calls are told apart by their operation */
export function routeMarks(resource: Resource, address: VendorAddress, isSoap: boolean): RouteMark[] {
  const marks: RouteMark[] = address.query.map(([name, value]) => ({ place: 'query', name, value }))
  const operation = isSoap ? operationOf(resource) : undefined
  if (operation !== undefined) marks.push({ place: 'operation', name: 'operation', value: operation })
  // imports of several bindings of one service differ in nothing else
  const prefix = isSoap ? templatePrefix(resource) : undefined
  if (prefix !== undefined) marks.push({ place: 'prefix', name: 'prefix', value: prefix })
  for (const parameter of resource.parameters ?? []) {
    const mark = markOf(parameter)
    if (mark && marks.length < MAX_MARKS) marks.push(mark)
  }
  return marks
}

function markOf({ type, name, vendorName, vendorType }: Parameter): RouteMark | undefined {
  if (type !== 'value' || name.length > 200 || /[${}]|CE\./.test(name)) return undefined
  if (vendorType === 'query') return { place: 'query', name: vendorName, value: name }
  if (vendorType === 'form' || vendorType === 'bodyField') return { place: 'body', name: vendorName, value: name }
  const isHeader = vendorType === 'header' && !USUAL_HEADERS.test(vendorName.trim())
  return isHeader ? { place: 'header', name: vendorName.trim().toLowerCase(), value: name } : undefined
}

/** How many marks a call lacks, and how many it has. */
export function countMarks(marks: readonly RouteMark[], call: Call): { lacking: number; met: number } {
  const met = marks.filter((mark) => isMet(mark, call)).length
  return { lacking: marks.length - met, met }
}

const PLACES: Record<RouteMark['place'], (name: string, call: Call) => string | undefined> = {
  query: (name, call) => call.query.get(name) ?? undefined,
  header(name, call) {
    const value = call.headers[name]
    return Array.isArray(value) ? value[0] : value
  },
  body(name, call) {
    const found = findMember(decodeBody(call).value, [name, name.split('.').at(-1) ?? name])
    return found === undefined ? undefined : String(found)
  },
  // a body of one member, named after what it is about
  member: (name, call) => (hasMember(decodeBody(call).value, name) ? name : undefined),
  operation: (_name, call) => calledOperation(call),
  prefix: (_name, call) => envelopePrefix(call.body),
}

function hasMember(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
}

function templatePrefix({ parameters = [] }: Resource): string | undefined {
  const template = parameters.find(({ type, vendorType }) => type === 'value' && vendorType === 'body')
  return template && envelopePrefix(template.name)
}

/** The SOAPAction, else the first element of the envelope. */
export function calledOperation(call: Call): string | undefined {
  const action = call.headers.soapaction
  return actionName(typeof action === 'string' ? action : undefined) ?? decodeBody(call).operation
}

function isMet({ place, name, value }: RouteMark, call: Call): boolean {
  const given = PLACES[place](name, call)
  return given !== undefined && (value === undefined || given.toLowerCase() === value.toLowerCase())
}

/** The same marks give the same text. */
export function marksKey(marks: readonly RouteMark[]): string {
  return marks
    .map(({ place, name, value }) => `${place} ${name}=${value ?? '*'}`)
    .sort()
    .join('&')
}
