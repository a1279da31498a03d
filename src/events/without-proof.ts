import type { Configuration } from '../model/instance.ts'
import { readSignatureDeclaration } from './verify/read-declaration.ts'

/** What is kept of a request beside its body. */
interface Kept {
  headers: Readonly<Record<string, string>>
  query: string
}

const AUDIENCE = 'event.vendor.signature.jwt.audience'

/**
 * A shared secret or a token that proves that a webhook is the vendor's is not kept with the event: whoever reads events could send some.
 * A token in the body stays: the body is kept as it came. Signatures stay, they are good for this one event.
 *
 * @param configuration of the instance, or what its element declares
 */
export function withoutProof(configuration: Configuration, kept: Kept): Kept {
  const type = configuration['event.vendor.signature.type']
  if (type !== 'secret' && type !== 'jwt') return kept
  const inForce = { ...configuration, 'event.vendor.signature.required': 'true' }
  // tokens with published keys are in force once there is an audience; where they stand is told without one
  const read = readSignatureDeclaration(
    type === 'jwt' ? { ...inForce, [AUDIENCE]: configuration[AUDIENCE] || 'any' } : inForce,
  )
  if (!read || 'problem' in read) return kept
  const { place } = read.declaration
  if (place.in === 'body') return kept
  if (place.in === 'query') return { ...kept, query: withoutParameter(kept.query, place.name) }
  const { [place.name]: _proof, ...headers } = kept.headers
  return { ...kept, headers }
}

function withoutParameter(query: string, name: string): string {
  const isOther = (pair: string) => !new URLSearchParams(pair).has(name)
  return query.split('&').filter(isOther).join('&')
}
