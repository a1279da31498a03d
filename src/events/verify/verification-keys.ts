import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { type KeyEncoding, Refusal, type SignatureKeys } from './declaration.ts'
import { decode } from './decode.ts'

/** Shorter ones are guessed. */
const MIN_RSA_BITS = 2048
/** What stands before the 32 bytes of an Ed25519 key in SubjectPublicKeyInfo (RFC 8410). */
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex')

/** The keys that are set, the current one first. */
export function keysInForce({ current, previous }: SignatureKeys): string[] {
  return [current, previous].filter((key): key is string => key !== undefined && key !== '')
}

/** @throws Refusal when the key is not in its declared form; never repeats it */
export function secretBytes(key: string, encoding: KeyEncoding): Buffer {
  if (encoding === 'text') return Buffer.from(key)
  const bytes = encoding === 'standard' ? decode(key.replace(/^whsec_/, ''), 'base64') : decode(key.trim(), encoding)
  if (bytes === undefined) throw new Refusal(`event.vendor.signature.key is not ${named(encoding)}`)
  return bytes
}

function named(encoding: KeyEncoding): string {
  return encoding === 'standard' ? 'a key of the form whsec_…' : encoding
}

/**
 * A public key from PEM (SPKI, PKCS#1 or a certificate), a JSON web key, or hex / base64 of a SubjectPublicKeyInfo or of the 32 bytes of
 * an Ed25519 key.
 *
 * @param type what the declaration asks for
 * @throws Refusal for what is no such key
 */
export function publicKey(key: string, type: 'rsa' | 'ec' | 'ed25519'): KeyObject {
  let parsed: KeyObject
  try {
    parsed = parse(key.trim())
  } catch {
    throw new Refusal('event.vendor.signature.key is no public key in PEM, JWK, hex or base64')
  }
  return assertKey(parsed, type)
}

/** @throws Refusal for a key of another type, or one that is too short */
export function assertKey(key: KeyObject, type: 'rsa' | 'ec' | 'ed25519', curve?: string): KeyObject {
  if (key.asymmetricKeyType !== type) throw new Refusal(`the key is not of type ${type}`)
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {}
  if (type === 'rsa' && modulusLength < MIN_RSA_BITS)
    throw new Refusal(`the RSA key has less than ${MIN_RSA_BITS} bits`)
  if (curve !== undefined && namedCurve !== curve) throw new Refusal(`the key is not on the curve ${curve}`)
  return key
}

function parse(text: string): KeyObject {
  if (text.startsWith('{')) return createPublicKey({ key: JSON.parse(text) as JsonWebKey, format: 'jwk' })
  // configuration fields of one line write line ends as \n
  if (text.startsWith('-----BEGIN')) return createPublicKey(text.replaceAll('\\n', '\n'))
  const bytes = decode(text, 'hex') ?? decode(text.replace(/^whpk_/, ''), 'base64')
  if (bytes === undefined) throw new Error('neither hex nor base64')
  const der = bytes.length === 32 ? Buffer.concat([ED25519_SPKI, bytes]) : bytes
  return createPublicKey({ key: der, format: 'der', type: 'spki' })
}
