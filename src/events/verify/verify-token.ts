import { constants, createHash, createHmac, type KeyObject, verify } from 'node:crypto'
import { sameBytes } from './constant-time.ts'
import {
  Refusal,
  type SignatureKeys,
  type SignedRequest,
  type SignedToken,
  type TokenAlgorithm,
} from './declaration.ts'
import { decode } from './decode.ts'
import type { VerifyPorts } from './ports.ts'
import { readToken, type Token } from './read-token.ts'
import { valueAt, withoutPrefix } from './single-value.ts'
import { assertKey, keysInForce, publicKey, secretBytes } from './verification-keys.ts'

type KeyType = 'rsa' | 'ec' | 'ed25519'

/** How each algorithm is checked (RFC 7518 §3, RFC 8037). */
const ALGORITHMS: Record<TokenAlgorithm, { hash: string | null; key: KeyType | 'secret'; curve?: string }> = {
  RS256: { hash: 'sha256', key: 'rsa' },
  RS384: { hash: 'sha384', key: 'rsa' },
  RS512: { hash: 'sha512', key: 'rsa' },
  PS256: { hash: 'sha256', key: 'rsa' },
  ES256: { hash: 'sha256', key: 'ec', curve: 'prime256v1' },
  ES384: { hash: 'sha384', key: 'ec', curve: 'secp384r1' },
  EdDSA: { hash: null, key: 'ed25519' },
  HS256: { hash: 'sha256', key: 'secret' },
  HS512: { hash: 'sha512', key: 'secret' },
}

/**
 * The token of a request: signed with the declared algorithm by a key that is in force, and its claims hold now and for us.
 * @throws Refusal
 */
export async function verifyToken(
  ports: VerifyPorts,
  declared: SignedToken,
  request: SignedRequest,
  keys: SignatureKeys,
): Promise<void> {
  const token = readToken(withoutPrefix(valueAt(declared.place, request), declared.prefix, declared.place))
  // said by the declaration, not by who sends: else a public key would pass as the secret of an HMAC
  if (token.header.alg !== declared.algorithm) throw new Refusal(`the token is not signed with ${declared.algorithm}`)
  if (!(await isSigned(ports, declared, token, keys))) throw new Refusal('no key of the declared ones signed the token')
  assertTimes(token, declared.toleranceSeconds, ports.now().getTime() / 1000)
  assertParties(token, declared)
  if (declared.bodyClaim !== undefined) assertBody(token, declared.bodyClaim, request.body)
}

async function isSigned(
  ports: VerifyPorts,
  declared: SignedToken,
  token: Token,
  keys: SignatureKeys,
): Promise<boolean> {
  const { algorithm, jwksUrl, keyEncoding } = declared
  const { hash, key: type, curve } = ALGORITHMS[algorithm]
  if (jwksUrl !== undefined) {
    const published = await publishedFor(ports, jwksUrl, token, algorithm)
    return published.some((key) => hasSigned(algorithm, assertKey(key, type as KeyType, curve), token))
  }
  const own = keysInForce(keys)
  if (own.length === 0) throw new Refusal('event.vendor.signature.key is not set')
  if (type === 'secret') {
    return own.some((key) =>
      sameBytes(
        createHmac(hash ?? '', secretBytes(key, keyEncoding))
          .update(token.signed)
          .digest(),
        token.signature,
      ),
    )
  }
  return own.some((key) => hasSigned(algorithm, assertKey(publicKey(key, type), type, curve), token))
}

/** The keys that the token may mean: the one it names, or the only one where it names none. */
async function publishedFor(
  ports: VerifyPorts,
  url: string,
  { header }: Token,
  algorithm: TokenAlgorithm,
): Promise<KeyObject[]> {
  const published = await ports.publishedKeys.keysAt(url, header.kid, ports.now())
  if (published === undefined) throw new Refusal('the keys of the vendor cannot be fetched now', true)
  const suitable = published.filter(({ alg }) => alg === undefined || alg === algorithm)
  const found = suitable.filter(({ kid }) => (header.kid === undefined ? suitable.length === 1 : kid === header.kid))
  if (found.length === 0) throw new Refusal('the vendor publishes no key of the id that the token names')
  return found.map(({ key }) => key)
}

function hasSigned(algorithm: TokenAlgorithm, key: KeyObject, { signed, signature }: Token): boolean {
  const padding =
    algorithm === 'PS256'
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : {}
  return verify(ALGORITHMS[algorithm].hash, signed, { key, dsaEncoding: 'ieee-p1363', ...padding }, signature)
}

function assertTimes({ claims }: Token, tolerance: number, now: number): void {
  const [exp, nbf, iat] = ['exp', 'nbf', 'iat'].map((name) => timeClaim(claims, name))
  if (exp !== undefined && exp + tolerance < now) throw new Refusal('the token has expired')
  if (nbf !== undefined && nbf - tolerance > now) throw new Refusal('the token is not valid yet')
  if (iat !== undefined && iat - tolerance > now) throw new Refusal('the token was issued in the future')
  if (exp === undefined && (iat === undefined || iat + tolerance < now)) {
    throw new Refusal('the token has no exp, and no iat that is recent')
  }
}

function timeClaim(claims: Token['claims'], name: string): number | undefined {
  const value = claims[name]
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Refusal(`${name} of the token is no time`)
  return value
}

function assertParties({ claims }: Token, { issuer, audience }: SignedToken): void {
  if (issuer !== undefined && claims['iss'] !== issuer) throw new Refusal('the token is of another issuer')
  const given = Array.isArray(claims['aud']) ? claims['aud'] : [claims['aud']]
  if (audience !== undefined && !given.includes(audience)) throw new Refusal('the token is for another audience')
}

function assertBody({ claims }: Token, name: string, body: Buffer): void {
  const claim = claims[name]
  const text = typeof claim === 'string' ? claim : ''
  const hash = createHash('sha256').update(body).digest()
  const given = [decode(text, 'hex'), decode(text, 'base64'), decode(text, 'base64url')]
  if (!given.some((bytes) => bytes !== undefined && sameBytes(bytes, hash))) {
    throw new Refusal('the token is for another body')
  }
}
