/**
 * Whether a webhook is the vendor's: declared as data (`declaration.ts`, docs/events.md), judged here, and refused whenever anything is
 * missing, malformed or there twice. Start with `verifyWebhook`; `read-declaration.ts` makes declarations from configuration,
 * `jwks.ts` keeps the keys that vendors publish. Handshakes and what becomes of a refused request are the intake's.
 */

import { isSignedBy } from './check-signature.ts'
import { checkedTimestamp } from './check-timestamp.ts'
import { sameText } from './constant-time.ts'
import {
  Refusal,
  type SharedSecret,
  type SignatureDeclaration,
  type SignatureKeys,
  type SignedContent,
  type SignedRequest,
  type Verdict,
} from './declaration.ts'
import type { VerifyPorts } from './ports.ts'
import { readSignatures } from './read-signatures.ts'
import { signedContent } from './signed-content.ts'
import { valueAt, withoutPrefix } from './single-value.ts'
import { keysInForce } from './verification-keys.ts'
import { verifyToken } from './verify-token.ts'

/**
 * A signature proves who signed; it does not prove that the request is new: one that is repeated inside the tolerance of its timestamp
 * passes again, and is recognized by the vendor's delivery id.
 *
 * @param keys of the instance, in clear
 * @returns never throws for anything a request or a configuration may hold
 */
export async function verifyWebhook(
  ports: VerifyPorts,
  declared: SignatureDeclaration,
  request: SignedRequest,
  keys: SignatureKeys,
): Promise<Verdict> {
  try {
    if (declared.type === 'jwt') await verifyToken(ports, declared, request, keys)
    else if (declared.type === 'secret') checkSecret(declared, request, keys)
    else checkContent(declared, request, keys, ports.now())
    return { ok: true }
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, reason: error.message, isTemporary: error.isTemporary }
    return { ok: false, reason: 'the signature cannot be checked', cause: error }
  }
}

function checkSecret(declared: SharedSecret, request: SignedRequest, keys: SignatureKeys): void {
  const given = withoutPrefix(valueAt(declared.place, request), declared.prefix, declared.place)
  if (!requiredKeys(keys).some((key) => sameText(key, given))) throw new Refusal('the shared secret is another one')
}

function checkContent(declared: SignedContent, request: SignedRequest, keys: SignatureKeys, now: Date): void {
  const candidates = requiredKeys(keys)
  const { signatures, fields } = readSignatures(declared, request)
  const timestamp = declared.timestamp && checkedTimestamp(declared.timestamp, request, fields, now)
  const content = signedContent(declared.content, request, timestamp)
  const isSigned = candidates.some((key) => signatures.some((given) => isSignedBy(declared, key, content, given)))
  if (!isSigned) throw new Refusal('no signature matches')
}

function requiredKeys(keys: SignatureKeys): string[] {
  const found = keysInForce(keys)
  if (found.length === 0) throw new Refusal('event.vendor.signature.key is not set')
  return found
}
