import type { Doubtful } from '../doubts.ts'
import { isObject, type JsonObject, listOf, memberOf, objectOf } from '../json-value.ts'
import type { Credential } from '../vendor-api.ts'
import type { References } from './references.ts'
import { credentialOf } from './security-schemes.ts'

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
