import type { Parameter, Resource } from '../../model/element.ts'
import { parameter } from '../expand-resources.ts'
import type { ManifestConfigurationRow } from '../manifest.ts'
import { type Authentication, basicHeader, header, none, secret } from './authentication-parts.ts'
import { labelOf } from './base-url.ts'
import type { Doubtful } from './doubts.ts'
import { configured } from './template-text.ts'
import type { Credential } from './vendor-api.ts'

type OAuth2 = Extract<Credential, { kind: 'oauth2' }>

/**
 * OAuth 2: the platform's own flow for codes, resources that obtain tokens for the other grants. What an address leaves open,
 * such as the `{tenant}` of a login, each instance says.
 */
export function oauth2Part(given: OAuth2, hub: string, doubt: Doubtful): Authentication {
  const oauth2 = withReadableUrls(given)
  const part = flowOf(oauth2, hub, doubt)
  const open = new Set([oauth2.authorizationUrl, oauth2.tokenUrl, oauth2.refreshUrl].flatMap(placeholdersOf))
  const rows = [...open].map((key) => ({
    key,
    name: labelOf(key),
    description: 'Part of the vendor’s OAuth addresses.',
    required: true,
  }))
  return { ...part, configuration: [...rows, ...part.configuration] }
}

function flowOf(oauth2: OAuth2, hub: string, doubt: Doubtful): Authentication {
  if (oauth2.flow === 'authorizationCode') return codeFlow(oauth2)
  doubt(
    'security',
    'client id and secret go to the token address in a Basic header; a vendor that wants them in the body needs form parameters on the resource /oauth-token',
  )
  return oauth2.flow === 'password' ? passwordFlow(oauth2, hub) : clientCredentials(oauth2, hub)
}

function withReadableUrls({ authorizationUrl, tokenUrl, refreshUrl, ...rest }: OAuth2): OAuth2 {
  const readable = (url: string) =>
    url.replace(/#.*$/, '').replace(/\{([^{}]*)\}/g, (_, name: string) => `{${name.replace(/\W+/g, '_') || 'part'}}`)
  return {
    ...rest,
    tokenUrl: readable(tokenUrl),
    ...(authorizationUrl === undefined ? {} : { authorizationUrl: readable(authorizationUrl) }),
    ...(refreshUrl === undefined ? {} : { refreshUrl: readable(refreshUrl) }),
  }
}

function placeholdersOf(url: string | undefined): string[] {
  return [...(url ?? '').matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
}

function codeFlow({ authorizationUrl = '', tokenUrl, refreshUrl, scopes }: OAuth2): Authentication {
  return {
    ...none('oauth2'),
    authentication: {
      type: 'oauth2',
      authorizationUrl,
      tokenUrl,
      ...(refreshUrl === undefined ? {} : { refreshUrl }),
      ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
    },
  }
}

const form = (name: string, template: string) => parameter('value', template, 'form', name)
const capture = (key: string, member: string) =>
  parameter('configuration', key, 'bodyField', member, { source: 'response' })

function tokenResource(hub: string, type: string, tokenUrl: string, rows: Parameter[], description: string): Resource {
  return {
    method: 'POST',
    path: `/hubs/${hub}/oauth-token`,
    vendorMethod: 'POST',
    vendorPath: tokenUrl,
    type,
    kind: 'eb',
    description,
    parameters: [
      header('Content-Type', 'application/x-www-form-urlencoded'),
      ...[...new Set(placeholdersOf(tokenUrl))].map((name) => parameter('configuration', name, 'path', name)),
      ...rows,
    ],
    hooks: [],
    response: { contentType: 'application/json' },
  }
}

const internal = (
  key: string,
  name: string,
  type: ManifestConfigurationRow['type'],
  value?: string,
): ManifestConfigurationRow => ({
  key,
  name,
  type,
  hidden: true,
  internal: true,
  ...(value === undefined ? {} : { default: value }),
})

/** Not a type of the platform's own: validation obtains the first token, refresh the next ones (spec 10 §5.5, §5.6). */
function clientCredentials({ tokenUrl, refreshUrl, scopes }: OAuth2, hub: string): Authentication {
  const rows = [
    header('Authorization', basicHeader('client.id', 'client.secret')),
    form('grant_type', 'client_credentials'),
    ...(scopes.length === 0 ? [] : [parameter('configuration', 'oauth.scope', 'form', 'scope')]),
    capture('token', 'access_token'),
    capture('expires_in', 'expires_in'),
  ]
  return {
    ...none('custom'),
    configuration: [
      {
        key: 'client.id',
        name: 'Client id',
        description: 'Id of the application registered with the vendor.',
        required: true,
      },
      secret('client.secret', 'Client secret', 'Secret of the application registered with the vendor.'),
      ...(scopes.length === 0
        ? []
        : [
            {
              key: 'oauth.scope',
              name: 'OAuth scope',
              type: 'TEXTFIELD_1000' as const,
              hidden: true,
              default: scopes.join(' '),
            },
          ]),
      internal('token', 'Token', 'PASSWORD'),
      internal('authentication.time', 'Authentication time', 'TEXTFIELD_32'),
      internal('expires_in', 'Expires in', 'TEXTFIELD_32', '3600'),
    ],
    parameters: [header('Authorization', `Bearer ${configured('token')}`)],
    resources: [
      tokenResource(hub, 'provisionAuthValidation', tokenUrl, rows, 'Obtain the first token'),
      tokenResource(hub, 'onRefresh', refreshUrl ?? tokenUrl, rows, 'Obtain the next token'),
    ],
  }
}

function passwordFlow({ tokenUrl, refreshUrl, scopes }: OAuth2, hub: string): Authentication {
  const rows = [
    header('Authorization', basicHeader('oauth.api.key', 'oauth.api.secret')),
    form('grant_type', 'password'),
    parameter('configuration', 'username', 'form', 'username'),
    parameter('configuration', 'password', 'form', 'password'),
    ...(scopes.length === 0 ? [] : [parameter('configuration', 'oauth.scope', 'form', 'scope')]),
    capture('oauth.user.token', 'access_token'),
    capture('oauth.user.refresh_token', 'refresh_token'),
    capture('oauth.user.refresh_interval', 'expires_in'),
  ]
  return {
    ...none('oauth2Password'),
    authentication: {
      type: 'oauth2Password',
      tokenUrl,
      ...(refreshUrl === undefined ? {} : { refreshUrl }),
      ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
    },
    resources: [tokenResource(hub, 'oauth2Password', tokenUrl, rows, 'Obtain the first token')],
  }
}
