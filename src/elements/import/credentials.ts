import type { Parameter, Resource } from '../../model/element.ts'
import { parameter } from '../expand-resources.ts'
import type { Manifest, ManifestConfigurationRow } from '../manifest.ts'
import type { Doubtful } from './doubts.ts'
import type { Addition, Credential } from './vendor-api.ts'

export interface Authentication extends Addition {
  authentication: Manifest['authentication']
}

type OAuth2 = Extract<Credential, { kind: 'oauth2' }>
type Key = Extract<Credential, { kind: 'key' }>

const none = (type: Manifest['authentication']['type']): Authentication => ({
  authentication: { type },
  configuration: [],
  parameters: [],
  resources: [],
})

const secret = (key: string, name: string, description: string): ManifestConfigurationRow => ({
  key,
  name,
  description,
  type: 'PASSWORD',
  required: true,
})

/** Template for the value of a configuration key (spec 11 §3.5). */
const configured = (key: string) => `\${configuration.${key}}`
const basicHeader = (id: string, password: string) => `Basic CE.b64(${configured(id)}:${configured(password)})`
const header = (name: string, template: string) => parameter('value', template, 'header', name)

/**
 * How an instance proves itself: the authentication type, configuration rows, element-wide parameters and, where the
 * platform has no flow of its own, resources that obtain the token (spec 10 §5.5).
 *
 * @param credentials what every call must carry, all together
 * @param hub for the paths of token resources
 */
export function authenticationOf(credentials: readonly Credential[], hub: string, doubt: Doubtful): Authentication {
  if (credentials.length === 0) {
    doubt('security', 'the document does not say how callers prove themselves: add configuration and parameters')
    return none('custom')
  }
  const parts = credentials.map((credential) => partOf(credential, hub, doubt))
  // the type with a flow of the platform's own decides; keys beside it are parameters
  const leading = parts.find(({ authentication: { type } }) => !['custom', 'apiKey'].includes(type)) ?? parts[0]
  const configuration = parts.flatMap((part) => part.configuration)
  return {
    authentication: leading?.authentication ?? { type: 'custom' },
    configuration: configuration.filter(({ key }, at) => configuration.findIndex((row) => row.key === key) === at),
    parameters: parts.flatMap((part) => part.parameters),
    resources: parts.flatMap((part) => part.resources),
  }
}

function partOf(credential: Credential, hub: string, doubt: Doubtful): Authentication {
  switch (credential.kind) {
    case 'basic':
      return none('basic')
    case 'bearer':
      return {
        ...none('custom'),
        configuration: [secret('token', 'Token', credential.description ?? 'Access token issued by the vendor.')],
        parameters: [header('Authorization', `Bearer ${configured('token')}`)],
      }
    case 'key':
      return keyPart(credential, doubt)
    case 'oauth2':
      return oauth2Part(credential, hub, doubt)
    case 'aws':
      return {
        ...none('awsv4'),
        authentication: { type: 'awsv4', ...(credential.region && { region: credential.region }) },
      }
    case 'keyStore':
      return {
        ...none('custom'),
        configuration: [
          secret('base64.encoded.jks', 'Key store', 'Java key store with the client certificate, in base64.'),
          secret('jks.password', 'Key store password', 'Password of the key store.'),
        ],
      }
  }
}

function keyPart({ in: place, name, prefix, description }: Key, doubt: Doubtful): Authentication {
  const key = keyOf(name)
  const authorization = place === 'header' && name.trim().toLowerCase() === 'authorization'
  if (authorization && !prefix) {
    doubt('security', 'the value of the Authorization header is configuration: each instance gives it with its prefix')
  }
  const value = `${prefix ?? ''}${configured(key)}`
  const placed: Record<Key['in'], Parameter> = {
    header: header(name, value),
    query: parameter('configuration', key, 'query', name),
    cookie: header('Cookie', `${name}=${value}`),
  }
  return {
    ...none('apiKey'),
    configuration: [
      secret(key, 'API key', description ?? `Goes into ${place === 'query' ? 'the query parameter' : place} ${name}.`),
    ],
    parameters: [placed[place]],
  }
}

/** `X-Api-Key` → `x.api.key`; the words of an API key of its own, so that two keys of one API do not meet. */
function keyOf(name: string): string {
  const words = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '.')
    .replace(/^\.+|\.+$/g, '')
  return words === '' || words === 'authorization' ? 'api.key' : words
}

function oauth2Part(oauth2: OAuth2, hub: string, doubt: Doubtful): Authentication {
  if (oauth2.flow === 'authorizationCode') return codeFlow(oauth2)
  doubt(
    'security',
    'client id and secret go to the token address in a Basic header; a vendor that wants them in the body needs form parameters on the resource /oauth-token',
  )
  return oauth2.flow === 'password' ? passwordFlow(oauth2, hub) : clientCredentials(oauth2, hub)
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
    parameters: [header('Content-Type', 'application/x-www-form-urlencoded'), ...rows],
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
