import Type, { type Static } from 'typebox'
import { ValenceError } from '../errors.ts'
import type { ConfigurationRow, Element } from '../model/element.ts'
import { authenticationRows, authenticationType } from './standard-rows.ts'

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  oauth2: 'OAuth 2.0 authorization code',
  oauth2Password: 'OAuth 2.0 with user name and password',
  oauth1: 'OAuth 1.0a',
  basic: 'User name and password with every request',
  apiKey: 'Key with every request',
  custom: 'As the element describes it',
  awsv2: 'AWS signature version 2',
  awsv4: 'AWS signature version 4',
}

export const AuthenticationTypes = Type.Object(
  {
    defaultValue: Type.String(),
    options: Type.Array(Type.Object({ value: Type.String(), description: Type.String() })),
  },
  { title: 'AuthenticationTypes' },
)

/**
 * `GET /elements/{k}/authentication-types` (spec 10 §2.2): the element's own, and those its `authentication.type` row
 * lets the user choose.
 */
export function authenticationTypes(element: Element): Static<typeof AuthenticationTypes> {
  const chosen = element.configuration.find(({ key }) => key === 'authentication.type')?.options ?? []
  const own = element.authentication.type
  const values = [...new Set([own, ...chosen.map(({ value }) => value)])]
  return {
    defaultValue: own,
    options: values.map((value) => ({
      value,
      description:
        chosen.find((option) => option.value === value)?.description ??
        DESCRIPTIONS[authenticationType(value) ?? ''] ??
        value,
    })),
  }
}

/**
 * `GET /elements/{k}/authentication-types/{type}/configurations`: what has to be given to provision with it: the rows of
 * the type, the element's where it declares them, and what the element requires whatever the type.
 * @throws ValenceError NOT_FOUND for a type that the element does not offer
 */
export function authenticationConfigurations(element: Element, type: string): ConfigurationRow[] {
  const known = authenticationType(type)
  const isOffered = authenticationTypes(element).options.some(({ value }) => value.toLowerCase() === type.toLowerCase())
  if (!isOffered) throw new ValenceError('NOT_FOUND', `${element.name} has no authentication type "${type}"`)
  const standard = (known ? authenticationRows(known) : []).filter(({ internal }) => !internal)
  const declared = new Map(element.configuration.map((row) => [row.key, row]))
  const ofType = standard.map((row) => declared.get(row.key) ?? row)
  const keys = new Set(standard.map(({ key }) => key))
  const others = element.configuration.filter(
    (row) => row.required && !row.internal && !keys.has(row.key) && !isOfAType(row),
  )
  return [...ofType, ...others].toSorted((a, b) => (a.displayOrder ?? 0) - (b.displayOrder ?? 0))
}

/** Rows of other authentication types are not asked for. */
function isOfAType({ key }: ConfigurationRow): boolean {
  return key.startsWith('oauth.') || key.startsWith('aws.') || key === 'username' || key === 'password'
}
