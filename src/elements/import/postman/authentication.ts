import type { Doubtful } from '../doubts.ts'
import { isHeaderName, isObject, type JsonObject, listOf, objectOf, scalarText, textOf } from '../json-value.ts'
import type { Credential } from '../vendor-api.ts'
import { filled, type Variables } from './variables.ts'

type Values = ReadonlyMap<string, string>
type Reader = (values: Values, doubt: Doubtful) => Credential | undefined

/** Postman's kinds of authentication that an element can have. */
const READERS: Readonly<Record<string, Reader>> = {
  basic: () => ({ kind: 'basic' }),
  bearer: () => ({ kind: 'bearer' }),
  jwt: () => ({ kind: 'bearer', description: 'JSON web token that the vendor accepts.' }),
  apikey: (values, doubt) => {
    const name = values.get('key')?.trim() ?? ''
    const place = values.get('in') === 'query' ? 'query' : 'header'
    if (name !== '' && !name.includes('{{') && (place === 'query' || isHeaderName(name)))
      return { kind: 'key', in: place, name }
    doubt('auth', 'the API key has no name: the header X-Api-Key is a guess')
    return { kind: 'key', in: 'header', name: 'X-Api-Key' }
  },
  awsv4: (values) => {
    const region = values.get('region')
    return { kind: 'aws', ...(region && !region.includes('{{') ? { region } : {}) }
  },
  oauth2: oauth2Of,
}

/** What `auth` of a collection, folder or request says; undefined when it says nothing or cannot be had. */
export function credentialOf(auth: unknown, variables: Variables, doubt: Doubtful): Credential | undefined {
  const type = typeOfAuth(auth)
  if (type === undefined || type === 'noauth') return undefined
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined
  if (!read) {
    doubt('auth', `"${type}" authentication is not supported`)
    return undefined
  }
  return read(valuesOf(objectOf(auth)[type], variables), doubt)
}

export function typeOfAuth(auth: unknown): string | undefined {
  return isObject(auth) ? textOf(auth['type'])?.toLowerCase() : undefined
}

/** A list of `{ key, value }` in version 2.1, an object in 2.0. */
function valuesOf(given: unknown, variables: Variables): Values {
  const entries: [string, unknown][] = Array.isArray(given)
    ? listOf(given)
        .filter(isObject)
        .map(({ key, value }) => [String(key), value])
    : Object.entries(objectOf(given) as JsonObject)
  return new Map(
    entries.flatMap(([key, value]): [string, string][] => {
      const text = scalarText(value)
      return text === undefined ? [] : [[key, filled(text, variables)]]
    }),
  )
}

const FLOWS: Readonly<Record<string, 'authorizationCode' | 'clientCredentials' | 'password'>> = {
  authorization_code: 'authorizationCode',
  authorization_code_with_pkce: 'authorizationCode',
  client_credentials: 'clientCredentials',
  password_credentials: 'password',
}

function oauth2Of(values: Values, doubt: Doubtful): Credential {
  const grant = values.get('grant_type') ?? 'authorization_code'
  const flow = Object.hasOwn(FLOWS, grant) ? FLOWS[grant] : undefined
  const address = (name: string) => {
    const url = values.get(name)
    return url !== undefined && /^https?:\/\/[^{}\s]+$/.test(url) ? url : undefined
  }
  const tokenUrl = address('accessTokenUrl')
  const authorizationUrl = address('authUrl')
  if (!flow || tokenUrl === undefined || (flow === 'authorizationCode' && authorizationUrl === undefined)) {
    doubt(
      'auth',
      'OAuth 2 without the addresses of a flow that a hub can run: a token is configuration; for a consent of the user give the element the type oauth2 and the addresses',
    )
    return { kind: 'bearer' }
  }
  const refreshUrl = address('refreshTokenUrl')
  return {
    kind: 'oauth2',
    flow,
    tokenUrl,
    scopes: (values.get('scope') ?? '').split(/[\s,]+/).filter((scope) => scope !== '' && !scope.includes('{{')),
    ...(authorizationUrl === undefined ? {} : { authorizationUrl }),
    ...(refreshUrl === undefined ? {} : { refreshUrl }),
  }
}
