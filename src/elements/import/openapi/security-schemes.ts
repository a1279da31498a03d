import type { Doubtful } from '../doubts.ts'
import { isHeaderName, isObject, type JsonObject, memberOf, objectOf, shortened, textOf } from '../json-value.ts'
import type { Credential } from '../vendor-api.ts'

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

/**
 * One security scheme; undefined, with a doubt, when an element cannot have it.
 *
 * @param scopes that operations ask for
 * @param base address that relative token addresses belong to
 */
export function credentialOf(
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
    if (
      !isObject(found) ||
      tokenUrl === undefined ||
      (flow === 'authorizationCode' && (authorizationUrl === undefined || authorizationUrl === tokenUrl))
    )
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
