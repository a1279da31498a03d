import { createHash } from 'node:crypto'
import type { ClientIdentity } from '../model/exchange.ts'

const known = new WeakMap<ClientIdentity, string>()

/** Tells identities apart by their content, so that equal ones share connections and no others do. */
export function fingerprintOf(identity: ClientIdentity): string {
  let fingerprint = known.get(identity)
  if (fingerprint === undefined) {
    const { cert, key } = identity
    fingerprint = createHash('sha256').update(`${cert.length}:`).update(cert).update(key).digest('base64')
    known.set(identity, fingerprint)
  }
  return fingerprint
}
