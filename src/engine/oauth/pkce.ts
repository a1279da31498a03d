import { createHash } from 'node:crypto'

/**
 * Proof key for code exchange (RFC 7636): whoever exchanges the code shows that they asked for it.
 * @param random 32 to 96 random bytes
 * @returns 43 to 128 characters, to be kept until the code comes back
 */
export function codeVerifier(random: Uint8Array): string {
  if (random.length < 32 || random.length > 96)
    throw new RangeError(`a code verifier needs 32 to 96 bytes, not ${random.length}`)
  return Buffer.from(random).toString('base64url')
}

/** What the authorization URL shows of the verifier: method S256, the only one worth using (RFC 7636 §4.2). */
export function codeChallenge(verifier: string): string {
  return createHash('sha256').update(verifier, 'ascii').digest('base64url')
}
