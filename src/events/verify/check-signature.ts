import { createHmac, verify } from 'node:crypto'
import { sameBytes } from './constant-time.ts'
import type { SignedContent } from './declaration.ts'
import { publicKey, secretBytes } from './verification-keys.ts'

/**
 * Whether a signature is this key's over this content.
 * @param key as configured
 * @throws Refusal when the key cannot be read
 */
export function isSignedBy(declared: SignedContent, key: string, content: Buffer, signature: Buffer): boolean {
  const { type, hash, keyEncoding } = declared
  switch (type) {
    case 'hmac':
      return sameBytes(createHmac(hash, secretBytes(key, keyEncoding)).update(content).digest(), signature)
    case 'rsa':
      return verify(hash, content, publicKey(key, 'rsa'), signature)
    case 'ecdsa':
      return verify(hash, content, publicKey(key, 'ec'), signature)
    case 'ed25519':
      return verify(null, content, publicKey(key, 'ed25519'), signature)
  }
}
