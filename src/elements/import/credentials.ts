import type { Parameter } from '../../model/element.ts'
import { parameter } from '../expand-resources.ts'
import { type Authentication, header, none, secret } from './authentication-parts.ts'
import type { Doubtful } from './doubts.ts'
import { oauth2Part } from './oauth-flows.ts'
import { configured, literalText } from './template-text.ts'
import type { Credential } from './vendor-api.ts'

type Key = Extract<Credential, { kind: 'key' }>

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
  const value = `${literalText(prefix ?? '')}${configured(key)}`
  const placed: Record<Key['in'], Parameter> = {
    header: header(name, value),
    query: parameter('configuration', key, 'query', name),
    cookie: header('Cookie', `${literalText(name)}=${value}`),
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
