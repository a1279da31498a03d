import { createHash } from 'node:crypto'
import { codeVerifier } from '../engine/oauth/pkce.ts'
import type { Plan } from '../engine/plan.ts'
import type { InstanceContext } from './context.ts'

/**
 * The code verifier of an element that asks for PKCE (`oauth.pkce`, RFC 7636). The hub is not the callback and keeps no
 * session between the authorization URL and the exchange, so the verifier is made from its own key and from whose flow it
 * is: only this hub can make it again, and only for the same organization, element and client.
 *
 * @returns undefined when the element does not ask
 */
export function proofKey(
  { store }: Pick<InstanceContext, 'store'>,
  { plan, state }: { plan: Plan; state: { accountId: number; configuration: Readonly<Record<string, string | null>> } },
  client: { id: string; redirectUri: string },
): string | undefined {
  if (state.configuration['oauth.pkce'] !== 'true') return undefined
  const flow = JSON.stringify(['pkce', state.accountId, plan.element.id, client.id, client.redirectUri])
  return codeVerifier(createHash('sha256').update(store.cipher.sign(flow)).digest())
}
