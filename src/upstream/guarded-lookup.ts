import type { LookupFunction } from 'node:net'
import type { EgressPolicy } from './egress-policy.ts'

/**
 * A look-up of one host for connections to one port, which judges every address that the name has. The socket connects to exactly what this returns,
 * so a second answer of the name server (DNS rebinding) is never asked for.
 *
 * @param hostname as `EgressPolicy.admit` takes it
 * @param lookup that is asked
 * @throws ValenceError EGRESS_REFUSED, at once or when it is asked
 */
export function guardedLookup(
  policy: EgressPolicy,
  lookup: LookupFunction,
  hostname: string,
  port: number,
): LookupFunction {
  if (policy.admit(hostname, port) === 'open') return lookup
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, found, family) => {
      if (error) return callback(error, [])
      const addresses = typeof found === 'string' ? [{ address: found, family: family ?? 4 }] : found
      const refusal = policy.refusalOf(name, port, addresses)
      const first = addresses[0]
      if (refusal !== undefined) callback(refusal, [])
      else if (first === undefined) callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), [])
      else if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}
