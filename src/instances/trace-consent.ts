import type { Caller } from '../model/account.ts'
import type { InstanceContext } from './context.ts'
import { isTrue, type OAuthUrlQuery } from './oauth-url.ts'
import { secretsOf, traced } from './trace.ts'

export type ConsentStep<T> = (
  context: InstanceContext,
  caller: Caller | undefined,
  keyOrId: string,
  query: OAuthUrlQuery,
) => Promise<T>

/**
 * A step before the customer's consent with a trace of its vendor calls, when the query says `debug` (spec 41 §10) and somebody asks who will
 * be able to read it. Flows through an OAuth proxy have none: what the proxy holds is not the caller's to see.
 *
 * @returns the answer, and the trace's id where there is one; a failure has it as header `elements-trace-id`
 */
export async function consentTraced<T extends object>(
  context: InstanceContext,
  caller: Caller | undefined,
  keyOrId: string,
  query: OAuthUrlQuery,
  step: ConsentStep<T>,
): Promise<{ answer: T; traceId?: string }> {
  const isProxied = isTrue(query['isOauthProxy'] ?? query['isOAuthProxy'])
  if (!caller || isProxied || !isTrue(query['debug'])) {
    return { answer: await step(context, caller, keyOrId, query) }
  }
  const { element, defaults } = context.plans.of(await context.elements.require(caller, keyOrId))
  const owner = { ...caller, elementId: element.id, instanceId: undefined, requestId: caller.via?.requestId }
  const given = {
    ...defaults,
    'oauth.api.key': query['apiKey'] ?? null,
    'oauth.api.secret': query['apiSecret'] ?? null,
  }
  const issued: string[] = []
  const secrets = () => [...secretsOf(element, given), ...issued]
  const { value, traceId } = await traced(context, owner, secrets, async (recording) => {
    const answer = await step(recording, caller, keyOrId, query)
    // a request token and its secret, which the vendor's answer holds as well
    const { token, secret } = answer as { token?: string; secret?: string }
    issued.push(...[token, secret].filter((text) => text !== undefined))
    return answer
  })
  return { answer: value, traceId }
}
