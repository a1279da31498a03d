import type { Element, Parameter } from '../model/element.ts'
import type { Call } from './call.ts'
import { decodeBody, findMember } from './decode-body.ts'
import { configurationDefault } from './vendor-paging.ts'

/** Where an element puts configuration values. */
export interface Places {
  headers: string[]
  query: string[]
  body: string[]
  /** somewhere that cannot be looked at from here: in the path, in a template */
  elsewhere: boolean
}

export const LOOKS_SECRET = /key|token|auth|secret|session|password|pwd|ticket|credential|signature|cookie/i

/** Places of secrets; of everything that is configured when nothing looks like one. */
export function secretPlaces(element: Element, parameters: readonly Parameter[]): Places {
  const carrying = parameters.filter(
    ({ type, name, vendorName, source }) =>
      source !== 'response' && (type === 'configuration' || `${name}${vendorName}`.includes('${')),
  )
  const secret = carrying.filter((row) => isSecret(row, element))
  // envelopes carry credentials in their text
  const hasTemplate = parameters.some(({ type, vendorType }) => type === 'value' && vendorType === 'body')
  const used = secret.length > 0 ? secret : carrying
  const at = (...kinds: string[]) =>
    used.filter(({ vendorType }) => kinds.includes(vendorType)).map(({ vendorName }) => vendorName.trim())
  return {
    headers: at('header').map((name) => name.toLowerCase()),
    query: at('query'),
    body: at('bodyField', 'form'),
    elsewhere:
      used.some(({ vendorType }) => ['path', 'body', 'bodyToken', 'no-op'].includes(vendorType)) || hasTemplate,
  }
}

function isSecret({ type, name, vendorName }: Parameter, element: Element): boolean {
  if (LOOKS_SECRET.test(vendorName) || LOOKS_SECRET.test(name)) return true
  return type === 'configuration' && element.configuration.some((row) => row.key === name && row.type === 'PASSWORD')
}

export function mergedPlaces(a: Places, b: Places): Places {
  return {
    headers: [...a.headers, ...b.headers],
    query: [...a.query, ...b.query],
    body: [...a.body, ...b.body],
    elsewhere: a.elsewhere || b.elsewhere,
  }
}

export function hasAny(call: Call, { headers, query, body }: Places): boolean {
  if (headers.some((name) => call.headers[name]) || query.some((name) => call.query.get(name))) return true
  return body.length > 0 && findMember(decodeBody(call).value, body.flatMap(lastStep)) !== undefined
}

function lastStep(name: string): string[] {
  return [name, name.split('.').at(-1) ?? name]
}

/** @returns a sentence when a call brings nothing where the element puts something */
export function placesProblem(call: Call, places: Places, element: Element): string | undefined {
  if (places.elsewhere || hasAny(call, places) || /\S+\s+\S/.test(call.headers.authorization ?? '')) return undefined
  const isKnown = places.headers.length + places.query.length + places.body.length > 0
  if (isKnown || !hasSecrets(element)) return isKnown ? 'a credential is missing' : undefined
  // it must be sent somewhere all the same
  const headers = Object.entries(call.headers).some(([name, value]) => LOOKS_SECRET.test(name) && value)
  const found = headers || [...call.query].some(([name, value]) => LOOKS_SECRET.test(name) && value !== '')
  return found ? undefined : 'a credential is missing'
}

/** Some APIs are open to everybody. */
function hasSecrets(element: Element): boolean {
  if (element.authentication.type === 'apiKey') return true
  return element.configuration.some(
    ({ key, type, internal }) =>
      internal !== true &&
      !/^(event|bulk|filter|pagination|base|default|allow|expires|authentication)\b/.test(key) &&
      (type === 'PASSWORD' || LOOKS_SECRET.test(key)) &&
      configurationDefault(element, key) === undefined,
  )
}
