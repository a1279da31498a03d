import type { Element } from '../model/element.ts'
import type { Call } from './call.ts'
import { isSigned, oauth1Parameters } from './oauth1-endpoints.ts'

export interface CredentialCheck {
  /** @returns a sentence for the 401, or undefined when the call may pass */
  problem(call: Call): string | undefined
  /** the access token that a call carries */
  tokenOf(call: Call): string
}

const TOKEN_PARAMETERS = ['access_token', 'oauth_token']
const LOOKS_SECRET = /key|token|auth|secret|session|password/i

/**
 * Tokens of OAuth elements must have been issued here; other elements must bring some credential, any one will do.
 * Where it is expected is told by the element-wide parameters that carry configuration values (spec 11 §3.6).
 */
export function createCredentialCheck(element: Element, isIssued: (token: string) => boolean): CredentialCheck {
  const type = element.authentication.type
  const places = declaredPlaces(element)
  const tokenOf = (call: Call) => (type === 'oauth1' ? (oauth1Parameters(call).oauth_token ?? '') : bearerToken(call))
  const known = (call: Call) => {
    const token = tokenOf(call)
    if (token === '') return 'the access token is missing'
    return isIssued(token) ? undefined : 'the access token is unknown, expired or revoked'
  }
  const checks: Record<string, (call: Call) => string | undefined> = {
    oauth2: known,
    oauth2Password: known,
    oauth1: (call) => (isSigned(oauth1Parameters(call)) ? known(call) : 'the request is not signed'),
    basic: (call) => (basicUser(call) === '' ? 'a Basic user name is missing' : undefined),
  }
  const anyOther = (call: Call) => (hasCredential(call, places) ? undefined : 'a credential is missing')
  return { problem: checks[type] ?? anyOther, tokenOf }
}

function bearerToken(call: Call): string {
  const header = /\s(\S+)$/.exec(call.headers.authorization?.trim() ?? '')?.[1]
  if (header !== undefined) return header
  return TOKEN_PARAMETERS.map((name) => call.query.get(name)).find((value) => value) ?? ''
}

function basicUser(call: Call): string {
  const encoded = /^Basic\s+(\S+)$/i.exec(call.headers.authorization ?? '')?.[1] ?? ''
  return Buffer.from(encoded, 'base64').toString('utf8').split(':')[0] ?? ''
}

function declaredPlaces(element: Element): { headers: string[]; query: string[] } {
  const carrying = element.parameters.filter(
    ({ type, name, vendorName, vendorType }) =>
      (type === 'configuration' && (vendorType === 'header' || vendorType === 'query')) ||
      `${name}${vendorName}`.includes('${configuration'),
  )
  return {
    headers: carrying
      .filter(({ vendorType }) => vendorType === 'header')
      .map(({ vendorName }) => vendorName.trim().toLowerCase()),
    query: carrying.filter(({ vendorType }) => vendorType === 'query').map(({ vendorName }) => vendorName),
  }
}

function hasCredential(call: Call, places: { headers: string[]; query: string[] }): boolean {
  if (/\S+\s+\S/.test(call.headers.authorization ?? '')) return true
  const inPlace = places.headers.some((name) => call.headers[name]) || places.query.some((name) => call.query.get(name))
  if (inPlace) return true
  if (places.headers.length + places.query.length > 0) return false
  // the element adds its credential in a hook, which cannot be read from here
  const headers = Object.entries(call.headers).some(([name, value]) => LOOKS_SECRET.test(name) && value)
  return headers || [...call.query].some(([name, value]) => LOOKS_SECRET.test(name) && value !== '')
}
