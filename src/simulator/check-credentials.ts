import type { Element, Hook, Parameter, Resource } from '../model/element.ts'
import type { Call } from './call.ts'
import { decodeBody, findMember } from './decode-body.ts'
import { isSigned, oauth1Parameters } from './oauth1-endpoints.ts'
import { configurationDefault } from './vendor-paging.ts'

export interface CredentialCheck {
  /**
   * @param resource what is called; absent for unknown paths
   * @returns a sentence for the 401, or undefined when the call may pass
   */
  problem(call: Call, resource: Resource | undefined): string | undefined
  /** the access token that a call carries */
  tokenOf(call: Call): string
}

/** Where an element puts configuration values. */
interface Places {
  headers: string[]
  query: string[]
  body: string[]
  /** somewhere that cannot be looked at from here: in the path, in a template */
  elsewhere: boolean
}

type Check = (call: Call) => string | undefined

const TOKEN_PARAMETERS = ['access_token', 'oauth_token']
const LOOKS_SECRET = /key|token|auth|secret|session|password|pwd|ticket|credential|signature|cookie/i
/** A credential that never works, so that refusals can be tried. */
const WRONG = /(^|[\s:=">])wrong-(secret|password|key|token)($|[\s:",&<])/i

/**
 * Tokens of OAuth elements must have been issued here; other elements must bring some credential, any one will do. Where it is
 * expected is told by the parameters that carry configuration values (spec 11 §3.6). Scripts that build credentials cannot be
 * read from here: with them the check only looks for credentials that are wrong on purpose.
 */
export function createCredentialCheck(element: Element, isIssued: (token: string) => boolean): CredentialCheck {
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

  function problem(call: Call, resource: Resource | undefined): string | undefined {
    if (isWrongOnPurpose(call)) return 'these credentials never work'
    const need = needFor(resource)
    if (isReplaced || need.isFree) return undefined
    const check = checks[type]
    if (!check) return need.isScripted ? undefined : placesProblem(call, need.places, element)
    const missing = check(call)
    // an element may send its key beside the scheme, or instead of it
    return missing !== undefined && !type.startsWith('oauth') && hasAny(call, ownPlaces) ? undefined : missing
  }
  return { problem, tokenOf }
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
    places: merged(ownPlaces, secretPlaces(element, parameters)),
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

/** Signature version 4: well-formed, for a key id and a scope; the signature itself cannot be computed without the secret. */
function awsV4Problem(call: Call): string | undefined {
  const given = call.headers.authorization ?? ''
  const inHeader =
    /^AWS4-HMAC-SHA256 Credential=[\w+=,.@-]+\/\d{8}\/[\w-]+\/[\w-]+\/aws4_request, ?SignedHeaders=[\w;-]+, ?Signature=[0-9a-f]{64}$/
  if (inHeader.test(given)) {
    const signed = /SignedHeaders=([\w;-]+)/.exec(given)?.[1]?.split(';') ?? []
    if (!call.headers['x-amz-date'] && !call.headers.date) return 'x-amz-date is missing'
    return signed.every((name) => call.headers[name] !== undefined) ? undefined : 'a signed header is missing'
  }
  const isInQuery = /^[0-9a-f]{64}$/.test(call.query.get('X-Amz-Signature') ?? '') && call.query.has('X-Amz-Credential')
  return isInQuery ? undefined : 'the AWS signature is missing or malformed'
}

function awsV2Problem(call: Call): string | undefined {
  const inHeader = /^AWS [\w+=,.@-]+:[A-Za-z0-9+/]{27}=$/.test(call.headers.authorization ?? '')
  const inQuery =
    call.query.has('AWSAccessKeyId') && /^[A-Za-z0-9+/]{20,}={0,2}$/.test(call.query.get('Signature') ?? '')
  return inHeader || inQuery ? undefined : 'the AWS signature is missing or malformed'
}

function secretPlaces(element: Element, parameters: readonly Parameter[]): Places {
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

function merged(a: Places, b: Places): Places {
  return {
    headers: [...a.headers, ...b.headers],
    query: [...a.query, ...b.query],
    body: [...a.body, ...b.body],
    elsewhere: a.elsewhere || b.elsewhere,
  }
}

function hasAny(call: Call, { headers, query, body }: Places): boolean {
  if (headers.some((name) => call.headers[name]) || query.some((name) => call.query.get(name))) return true
  return body.length > 0 && findMember(decodeBody(call).value, body.flatMap(lastStep)) !== undefined
}

function lastStep(name: string): string[] {
  return [name, name.split('.').at(-1) ?? name]
}

function placesProblem(call: Call, places: Places, element: Element): string | undefined {
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

function isWrongOnPurpose(call: Call): boolean {
  const { authorization = '' } = call.headers
  const basic = /^Basic\s+(\S+)$/i.exec(authorization)?.[1]
  if (WRONG.test(basic === undefined ? authorization : Buffer.from(basic, 'base64').toString('utf8'))) return true
  if (Object.entries(call.headers).some(([name, value]) => LOOKS_SECRET.test(name) && WRONG.test(String(value))))
    return true
  if ([...call.query.values()].some((value) => WRONG.test(value))) return true
  return call.body.length < 20_000 && WRONG.test(call.body)
}
