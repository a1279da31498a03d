import type { Configuration } from '../../model/instance.ts'
import type {
  Hash,
  KeyEncoding,
  Place,
  SignatureDeclaration,
  SignatureKeys,
  SignedContent,
  SignedToken,
  TimestampSource,
  TokenAlgorithm,
} from './declaration.ts'
import { type DeclaredValues, declaredValues, Problem } from './declared-values.ts'
import { compileContent, hasPart } from './signed-content.ts'

/** What a configuration says about signatures: a declaration with its keys, or a sentence about what is wrong with it. */
export type ReadDeclaration = { declaration: SignatureDeclaration; keys: SignatureKeys } | { problem: string }

const DEFAULT_TOLERANCE_SECONDS = 300
const MAX_TOLERANCE_SECONDS = 86_400
const HASHES: readonly Hash[] = ['sha1', 'sha256', 'sha384', 'sha512']
const KEY_ENCODINGS: readonly KeyEncoding[] = ['text', 'hex', 'base64', 'standard']
const TOKEN_ALGORITHMS: readonly TokenAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'ES256',
  'ES384',
  'EdDSA',
  'HS256',
  'HS512',
]

/**
 * Compiles `event.vendor.signature.*` of an instance's effective configuration (docs/events.md has the table of keys).
 *
 * A declaration is in force once the instance has what it verifies with: a key, or for tokens with published keys an audience. So
 * an element may carry one for everybody, and instances join by setting the key. With `event.vendor.signature.required` it is in force
 * always: then an instance without a key takes nothing.
 *
 * @returns undefined when nothing is declared or the declaration is not in force; a `problem` means that every webhook is refused
 */
export function readSignatureDeclaration(configuration: Configuration): ReadDeclaration | undefined {
  const values = declaredValues(configuration)
  if (values.isEmpty) return undefined
  try {
    const isRequired = values.flag('required')
    const keys = { current: values.text('key'), previous: values.text('key.previous') }
    const declaration = compile(values)
    values.assertAllRead()
    const hasKey = keys.current !== undefined || keys.previous !== undefined || verifiesWithPublishedKeys(declaration)
    return hasKey || isRequired ? { declaration, keys } : undefined
  } catch (error) {
    if (error instanceof Problem) return { problem: error.message }
    throw error
  }
}

function verifiesWithPublishedKeys(declared: SignatureDeclaration): boolean {
  return declared.type === 'jwt' && declared.jwksUrl !== undefined && declared.audience !== undefined
}

function compile(values: DeclaredValues): SignatureDeclaration {
  const type = values.choice('type', ['hmac', 'rsa', 'ecdsa', 'ed25519', 'secret', 'jwt'] as const)
  if (type === 'jwt') return signedToken(values)
  const place = placeOf(values, ['header', 'query'])
  const prefix = values.text('prefix') ?? ''
  return type === 'secret' ? { type, place, prefix } : signedContent(values, type, place, prefix)
}

function placeOf(values: DeclaredValues, places: readonly Place['in'][]): Place {
  const place = values.choice('place', places, 'header')
  if (place === 'body') return { in: place }
  const name = values.text('name')
  if (name === undefined) throw new Problem('name: the name of the header or query parameter is required')
  return place === 'header' ? { in: place, name: values.headerName('name', name) } : { in: place, name }
}

function signedContent(
  values: DeclaredValues,
  type: SignedContent['type'],
  place: Place,
  prefix: string,
): SignedContent {
  // Ed25519 says itself how it hashes
  const hash = type === 'ed25519' ? 'sha256' : values.choice('algorithm', HASHES, 'sha256')
  if (hash === 'sha1' && type !== 'hmac') throw new Problem('algorithm: sha1 is taken with type hmac only')
  const format = values.choice('format', ['value', 'fields', 'list'] as const, 'value')
  const field = values.text('field')
  if ((format === 'fields') !== (field !== undefined))
    throw new Problem('field: belongs to format fields, and only there')
  const content = compileContent(values.text('content') ?? '{body}')
  if (typeof content === 'string') throw new Problem(`content: ${content}`)
  const timestamp = timestampOf(values, format)
  const signsTime = hasPart(content, 'timestamp')
  if (timestamp && !signsTime)
    throw new Problem('content: a timestamp that is not signed proves nothing. Add {timestamp}')
  if (!timestamp && signsTime)
    throw new Problem('timestamp.header: {timestamp} needs the header or field that holds it')
  return {
    type,
    place,
    hash,
    encoding: values.choice('encoding', ['hex', 'base64', 'base64url'] as const, 'hex'),
    keyEncoding: type === 'hmac' ? keyEncodingOf(values) : 'text',
    format,
    prefix,
    field: field ?? '',
    content,
    timestamp,
  }
}

/** Of secrets; public keys say themselves how they are written. */
function keyEncodingOf(values: DeclaredValues): KeyEncoding {
  return values.choice('key.encoding', KEY_ENCODINGS, 'text')
}

function timestampOf(values: DeclaredValues, format: SignedContent['format']): TimestampSource | undefined {
  const header = values.text('timestamp.header')
  const field = values.text('timestamp.field')
  if (header !== undefined && field !== undefined)
    throw new Problem('timestamp.field: there is a timestamp.header already')
  if (field !== undefined && format !== 'fields') throw new Problem('timestamp.field: belongs to format fields')
  const from =
    header !== undefined ? { header: values.headerName('timestamp.header', header) } : field !== undefined && { field }
  if (!from) return undefined
  const unit = values.choice('timestamp.unit', ['seconds', 'milliseconds', 'iso'] as const, 'seconds')
  return { from, unit, toleranceSeconds: toleranceOf(values) }
}

function toleranceOf(values: DeclaredValues): number {
  return values.integer('tolerance', 1, MAX_TOLERANCE_SECONDS, DEFAULT_TOLERANCE_SECONDS)
}

function signedToken(values: DeclaredValues): SignedToken {
  const algorithm = values.choice('algorithm', TOKEN_ALGORITHMS)
  const jwksUrl = jwksUrlOf(values)
  if (jwksUrl !== undefined && algorithm.startsWith('HS')) {
    throw new Problem(`algorithm: ${algorithm} has a secret key, and jwks.url publishes keys`)
  }
  if (jwksUrl !== undefined && (values.text('key') ?? values.text('key.previous')) !== undefined) {
    throw new Problem('key: with jwks.url the keys are those that the vendor publishes')
  }
  const audience = values.text('jwt.audience')
  if (jwksUrl !== undefined && audience === undefined && values.flag('required')) {
    throw new Problem('jwt.audience: without it every customer of who publishes jwks.url has a valid token')
  }
  return {
    type: 'jwt',
    place: placeOf(values, ['header', 'query', 'body']),
    prefix: values.text('prefix') ?? '',
    algorithm,
    keyEncoding: algorithm.startsWith('HS') ? keyEncodingOf(values) : 'text',
    jwksUrl,
    issuer: values.text('jwt.issuer'),
    audience,
    bodyClaim: values.text('jwt.body.claim'),
    toleranceSeconds: toleranceOf(values),
  }
}

function jwksUrlOf(values: DeclaredValues): string | undefined {
  const text = values.text('jwks.url')
  if (text === undefined) return undefined
  const url = URL.parse(text)
  const isLocal = url?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)
  if (url?.protocol !== 'https:' && !isLocal) throw new Problem('jwks.url: an https: address is expected')
  return text
}
