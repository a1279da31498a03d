import type { Doubtful } from '../doubts.ts'
import {
  isHeaderName,
  isObject,
  type JsonObject,
  listOf,
  memberOf,
  objectOf,
  shortened,
  textOf,
} from '../json-value.ts'
import type { Credential } from '../vendor-api.ts'
import type { References } from './references.ts'

/** Names of schemes that are needed together; an empty list is a call without credentials. */
type Requirement = string[]

interface Choice {
  requirement: Requirement
  credentials: Credential[]
  /** how many operations take it */
  covers: number
  rank: number
}

/**
 * The credentials of an API: of several ways the one that most operations take, and among equals the one that suits a hub
 * best, consent of a user first. What is left out is a doubt.
 *
 * @param operations requirements of each operation, undefined where the document's own apply
 * @param base address that relative token addresses belong to
 */
export function credentialsOf(
  document: JsonObject,
  operations: readonly { place: string; security: unknown }[],
  { follow }: References,
  base: string,
  doubt: Doubtful,
): Credential[] {
  const schemes = objectOf(memberOf(document['components'], 'securitySchemes'))
  const perOperation = operations.map(({ place, security }) => ({
    place,
    requirements: requirementsOf(security ?? document['security'], schemes),
  }))
  const declared = perOperation.flatMap(({ requirements }) => requirements ?? [])
  const candidates = declared.length > 0 ? declared : Object.keys(schemes).map((name) => [name])
  const choices = distinct(candidates).map((requirement): Choice => {
    const credentials = requirement.flatMap((name) => {
      const scopes = scopesOf(operations, document['security'], name)
      return credentialOf(name, follow(memberOf(schemes, name)), scopes, base, doubt) ?? []
    })
    const covers = perOperation.filter(({ requirements }) =>
      requirements?.some((other) => sameNames(other, requirement)),
    ).length
    return { requirement, credentials, covers, rank: credentials.length < requirement.length ? 9 : rankOf(credentials) }
  })
  const best = bestOf(choices.filter(({ credentials }) => credentials.length > 0))
  if (!best) return []
  const others = choices.filter((choice) => choice !== best).map(({ requirement }) => requirement.join(' + '))
  if (others.length > 0) {
    doubt(
      'security',
      `"${best.requirement.join(' + ')}" is used; the document also offers ${others.slice(0, 6).join(', ')}`,
    )
  }
  for (const { place, requirements } of perOperation) {
    const takes =
      requirements === undefined ||
      requirements.length === 0 ||
      requirements.some((other) => other.length === 0 || sameNames(other, best.requirement))
    if (!takes) doubt(place, `takes other credentials than "${best.requirement.join(' + ')}"`)
  }
  return best.credentials
}

/** Undefined: nothing is said. Names without a scheme are left out. */
function requirementsOf(security: unknown, schemes: JsonObject): Requirement[] | undefined {
  if (!Array.isArray(security)) return undefined
  return security
    .filter(isObject)
    .map((requirement) => Object.keys(requirement).filter((name) => Object.hasOwn(schemes, name)))
}

function distinct(requirements: readonly Requirement[]): Requirement[] {
  const seen = new Map(
    requirements.filter(({ length }) => length > 0).map((names) => [names.toSorted().join(' '), names]),
  )
  return [...seen.values()]
}

const sameNames = (a: Requirement, b: Requirement) => a.toSorted().join(' ') === b.toSorted().join(' ')

/** A choice that nearly all operations take is as good as one that all take. */
function bestOf(choices: readonly Choice[]): Choice | undefined {
  const most = Math.max(0, ...choices.map(({ covers }) => covers))
  return choices
    .filter(({ covers }) => covers >= most * 0.9)
    .toSorted((a, b) => a.rank - b.rank || b.covers - a.covers)[0]
}

function rankOf(credentials: readonly Credential[]): number {
  return Math.max(...credentials.map(rank)) + (credentials.length - 1) / 10
}

function rank(credential: Credential): number {
  switch (credential.kind) {
    case 'oauth2':
      return { authorizationCode: 1, clientCredentials: 2, password: 6 }[credential.flow]
    case 'aws':
      return 1
    case 'bearer':
      return 3
    case 'key':
      return { header: 3.5, query: 4, cookie: 7 }[credential.in]
    case 'basic':
      return 5
    case 'keyStore':
      return 8
  }
}

/** Scopes that operations ask for; a document that asks for none offers all it declares. */
function scopesOf(operations: readonly { security: unknown }[], general: unknown, scheme: string): string[] {
  const lists = [general, ...operations.map(({ security }) => security)].flatMap(listOf)
  const scopes = lists.flatMap((requirement) => listOf(memberOf(requirement, scheme)))
  return [...new Set(scopes.filter((scope): scope is string => typeof scope === 'string' && /^\S+$/.test(scope)))]
}

type Reader = (
  scheme: JsonObject,
  name: string,
  scopes: string[],
  base: string,
  doubt: Doubtful,
) => Credential | undefined

const READERS: Record<string, Reader> = {
  http: (scheme, name, _scopes, _base, doubt) => {
    const kind = String(scheme['scheme'] ?? '').toLowerCase()
    if (kind === 'basic') return { kind: 'basic' }
    if (kind !== 'bearer')
      doubt('security', `"${name}" is HTTP ${kind || 'authentication of an unknown kind'}, which is not supported`)
    return kind === 'bearer' ? { kind: 'bearer', ...described(scheme) } : undefined
  },
  // what upgrading left as it was
  basic: () => ({ kind: 'basic' }),
  apiKey: (scheme, name, _scopes, _base, doubt) => {
    const place = scheme['in']
    const key = textOf(scheme['name'])?.trim()
    if (scheme['x-amazon-apigateway-authtype'] === 'awsSigv4') return { kind: 'aws' }
    if (key === undefined || (place !== 'header' && place !== 'query' && place !== 'cookie')) {
      doubt('security', `"${name}" does not say where its key goes`)
      return undefined
    }
    if (place === 'header' && !isHeaderName(key)) {
      doubt('security', `"${key}" is no name of a header`)
      return undefined
    }
    return { kind: 'key', in: place, name: key, ...described(scheme) }
  },
  oauth2: oauth2Of,
  openIdConnect: (scheme, name, _scopes, _base, doubt) => {
    doubt(
      'security',
      `"${name}" is OpenID Connect, whose addresses are not in the document: a token is configuration; for a consent of the user give the element the type oauth2 and the addresses`,
    )
    return { kind: 'bearer', ...described(scheme) }
  },
  mutualTLS: () => ({ kind: 'keyStore' }),
}

function credentialOf(
  name: string,
  scheme: JsonObject | undefined,
  scopes: string[],
  base: string,
  doubt: Doubtful,
): Credential | undefined {
  const type = textOf(scheme?.['type'])
  const reader = type !== undefined && Object.hasOwn(READERS, type) ? READERS[type] : undefined
  if (!scheme || !reader) {
    doubt('security', `"${name}" is of the type ${type ?? '(none)'}, which is not supported`)
    return undefined
  }
  return reader(scheme, name, scopes, base, doubt)
}

function described(scheme: JsonObject): { description?: string } {
  const description = shortened(textOf(scheme['description']), 300)
  return description === undefined ? {} : { description }
}

function oauth2Of(
  scheme: JsonObject,
  name: string,
  asked: string[],
  base: string,
  doubt: Doubtful,
): Credential | undefined {
  const flows = objectOf(scheme['flows'])
  for (const flow of ['authorizationCode', 'clientCredentials', 'password'] as const) {
    const found = flows[flow]
    const tokenUrl = absoluteUrl(memberOf(found, 'tokenUrl'), base)
    const authorizationUrl = absoluteUrl(memberOf(found, 'authorizationUrl'), base)
    if (!isObject(found) || tokenUrl === undefined || (flow === 'authorizationCode' && authorizationUrl === undefined))
      continue
    const refreshUrl = absoluteUrl(found['refreshUrl'], base)
    const declared = Object.keys(objectOf(found['scopes'])).filter((scope) => /^\S+$/.test(scope))
    const scopes = asked.length > 0 ? asked : declared
    if (scopes.length > 10) doubt('oauth.scope', `all ${scopes.length} scopes are asked for: keep those that you need`)
    return {
      kind: 'oauth2',
      flow,
      tokenUrl,
      scopes,
      ...(authorizationUrl === undefined ? {} : { authorizationUrl }),
      ...(refreshUrl === undefined ? {} : { refreshUrl }),
    }
  }
  const why = isObject(flows['implicit'])
    ? 'has the implicit flow only, which gives a hub no token'
    : 'names no token address'
  doubt(
    'security',
    `"${name}" ${why}: a token is configuration; if the vendor knows the authorization code flow, give the element the type oauth2 and its addresses`,
  )
  return { kind: 'bearer', ...described(scheme) }
}

/** An address with a path: the root of a host neither asks for consent nor issues tokens. */
function absoluteUrl(value: unknown, base: string): string | undefined {
  const text = textOf(value)?.trim()
  if (text === undefined || !URL.canParse(text, /^https?:/i.test(base) ? base : undefined)) return undefined
  const url = new URL(text, /^https?:/i.test(base) ? base : undefined)
  const isAddress = /^https?:$/.test(url.protocol) && (url.pathname !== '/' || url.search !== '')
  return isAddress ? (/^https?:/i.test(text) ? text : url.href) : undefined
}
