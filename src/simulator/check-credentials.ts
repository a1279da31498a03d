import type { Element, Hook, Parameter, Resource } from '../model/element.ts'
import { awsV2Problem, awsV4Problem } from './aws-signature.ts'
import type { Call } from './call.ts'
import { hasAny, LOOKS_SECRET, mergedPlaces, type Places, placesProblem, secretPlaces } from './credential-places.ts'
import { isSigned, oauth1Parameters } from './oauth1-endpoints.ts'
import type { Simulation } from './simulation.ts'

export interface CredentialCheck {
  /**
   * @param resource what is called; absent for unknown paths
   * @param isOpen credentials are obtained here
   * @returns a sentence for the 401, or undefined when the call may pass
   */
  problem(call: Call, resource: Resource | undefined, isOpen?: boolean): string | undefined
  /** the access token that a call carries */
  tokenOf(call: Call): string
}

type Check = (call: Call) => string | undefined

const TOKEN_PARAMETERS = ['access_token', 'oauth_token']
/** A credential that never works, so that refusals can be tried. */
const WRONG = /(^|[\s:=">])wrong-(secret|password|key|token)($|[\s:",&<])/i

/**
 * Tokens of OAuth elements must have been issued here; other elements must bring some credential, any one will do. Where it is
 * expected is told by the parameters that carry configuration values (spec 11 §3.6). Scripts that build credentials cannot be
 * read from here: with them the check only looks for credentials that are wrong on purpose.
 */
export function createCredentialCheck(
  element: Element,
  isIssued: (token: string) => boolean,
  rule?: Simulation['credentials'],
): CredentialCheck {
  const asked = rule && ruleCheck(rule, isIssued)
  const type = element.authentication.type
  const ownPlaces = secretPlaces(element, element.parameters)
  const tokenNames = [...TOKEN_PARAMETERS, ...tokenParameters(element.parameters)]
  const isReplaced = replacesAuthorization(element.parameters, element.hooks)
  const tokenOf = (call: Call) =>
    type === 'oauth1' ? (oauth1Parameters(call).oauth_token ?? '') : bearerToken(call, tokenNames)
  const known: Check = (call) => {
    const token = tokenOf(call)
    if (token === '') return 'the access token is missing'
    return isIssued(token) ? undefined : 'the access token is unknown, expired or revoked'
  }
  const checks: Record<string, Check> = {
    oauth2: known,
    oauth2Password: known,
    oauth1: (call) => (isSigned(oauth1Parameters(call)) ? known(call) : 'the request is not signed'),
    basic: (call) => (basicUser(call) === '' ? 'a Basic user name is missing' : undefined),
    awsv4: awsV4Problem,
    awsv2: awsV2Problem,
  }

  const needs = new WeakMap<Resource, Need>()
  const anyResource = needOf(undefined, element, ownPlaces)

  function needFor(resource: Resource | undefined): Need {
    if (resource === undefined) return anyResource
    const known = needs.get(resource) ?? needOf(resource, element, ownPlaces)
    needs.set(resource, known)
    return known
  }

  function problem(call: Call, resource: Resource | undefined, isOpen = false): string | undefined {
    if (isWrongOnPurpose(call)) return 'these credentials never work'
    if (isOpen) return undefined
    const need = needFor(resource)
    if (asked) return isLogin(resource) ? undefined : asked(call)
    if (isReplaced || need.isFree) return undefined
    const check = checks[type]
    if (!check) return need.isScripted ? undefined : placesProblem(call, need.places, element)
    const missing = check(call)
    // an element may send its key beside the scheme, or instead of it
    return missing !== undefined && !type.startsWith('oauth') && hasAny(call, ownPlaces) ? undefined : missing
  }
  return { problem, tokenOf }
}

/** What simulation.yaml says that calls must bring. */
function ruleCheck(
  { header, scheme, query, accepts }: NonNullable<Simulation['credentials']>,
  isIssued: (token: string) => boolean,
): Check {
  const accepted = accepts === undefined ? undefined : new RegExp(accepts)
  return (call) => {
    const given = header === undefined ? '' : String(call.headers[header.toLowerCase()] ?? '')
    const prefix = scheme === undefined ? '' : `${scheme} `
    const isPrefixed = given.toLowerCase().startsWith(prefix.toLowerCase())
    const token =
      (isPrefixed ? given.slice(prefix.length) : '') || (query === undefined ? '' : call.query.get(query)) || ''
    if (token === '') return 'the credential is missing'
    return isIssued(token) || accepted?.test(token) ? undefined : 'the credential is unknown, expired or revoked'
  }
}

/** What one resource asks of its callers. */
interface Need {
  /** it obtains credentials, or sends some of its own making */
  isFree: boolean
  isScripted: boolean
  places: Places
}

function needOf(resource: Resource | undefined, element: Element, ownPlaces: Places): Need {
  const { parameters = [], hooks = [] } = resource ?? {}
  return {
    isFree: isLogin(resource) || replacesAuthorization(parameters, hooks),
    isScripted: [...element.hooks, ...hooks].some(({ type }) => type === 'preRequest'),
    places: mergedPlaces(ownPlaces, secretPlaces(element, parameters)),
  }
}

/** Calls that obtain credentials cannot have any. */
function isLogin(resource: Resource | undefined): boolean {
  if (resource === undefined) return false
  const { type = 'api', parameters = [], hooks = [] } = resource
  if (/^oauth/.test(type)) return true
  if (type === 'api' || type === 'apiNoDocumentation') return false
  const captures = parameters.some((row) => row.type === 'configuration' && row.source === 'response')
  return (
    captures || hooks.some(({ type: kind, body }) => kind === 'postRequest' && /\bconfiguration\b/.test(String(body)))
  )
}

/** Whether parameters or scripts put something of their own where the scheme's credentials would be. */
function replacesAuthorization(parameters: readonly Parameter[], hooks: readonly Hook[]): boolean {
  const isSent = parameters.some(
    ({ vendorType, vendorName, type, name }) =>
      (vendorType === 'header' && vendorName.trim().toLowerCase() === 'authorization') ||
      (type === 'header' && name.trim().toLowerCase() === 'authorization'),
  )
  return (
    isSent ||
    hooks.some(
      ({ type, body }) => type === 'preRequest' && /authorization['"`\]\s]*[:=](?!\s*null)/i.test(String(body)),
    )
  )
}

/** `configuration oauth.user.token → query access_token` */
function tokenParameters(parameters: readonly Parameter[]): string[] {
  return parameters
    .filter(
      ({ type, name, vendorType }) => type === 'configuration' && name === 'oauth.user.token' && vendorType === 'query',
    )
    .map(({ vendorName }) => vendorName)
}

function bearerToken(call: Call, names: readonly string[]): string {
  const header = /^(?!Basic\s)\S+\s+(\S+)$/i.exec(call.headers.authorization?.trim() ?? '')?.[1]
  if (header !== undefined) return header
  return names.map((name) => call.query.get(name)).find((value) => value) ?? ''
}

function basicUser(call: Call): string {
  const encoded = /^Basic\s+(\S+)$/i.exec(call.headers.authorization ?? '')?.[1] ?? ''
  return Buffer.from(encoded, 'base64').toString('utf8').split(':')[0] ?? ''
}

function isWrongOnPurpose(call: Call): boolean {
  const { authorization = '' } = call.headers
  const basic = /^Basic\s+(\S+)$/i.exec(authorization)?.[1]
  if (WRONG.test(basic === undefined ? authorization : Buffer.from(basic, 'base64').toString('utf8'))) return true
  if (Object.entries(call.headers).some(([name, value]) => LOOKS_SECRET.test(name) && WRONG.test(String(value))))
    return true
  if ([...call.query.values()].some((value) => WRONG.test(value))) return true
  return call.body.length < 20_000 && WRONG.test(call.body)
}
