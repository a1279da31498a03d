import type { LifecycleOutcome } from '../engine/lifecycle.ts'
import type { Plan } from '../engine/plan.ts'
import { credentialsInvalid } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { InstanceContext } from './context.ts'
import { stateOf } from './find.ts'
import { inputsOf, runResources } from './lifecycle.ts'

/** Names of the query of `GET /elements/{k}/oauth/url` and `…/oauth/token` (spec 10 §5.2, §5.3). */
export interface ConsentQuery {
  apiKey?: string | undefined
  apiSecret?: string | undefined
  callbackUrl?: string | undefined
  [name: string]: string | undefined
}

/**
 * Runs resources that an element has in place of a step before the customer's consent (spec 11 §4.3): there is no
 * instance yet, only what the caller asks with. They read the query as it came, and its client as configuration.
 *
 * @throws ValenceError CREDENTIALS_INVALID without a caller: a vendor call and perhaps a script are not for strangers
 */
export function runBeforeConsent(
  context: InstanceContext,
  caller: Caller | undefined,
  plan: Plan,
  type: string,
  query: ConsentQuery,
): Promise<LifecycleOutcome> {
  if (!caller) throw credentialsInvalid()
  const given = inputsOf(
    {},
    {
      ...query,
      'oauth.api.key': query.apiKey,
      'oauth.api.secret': query.apiSecret,
      'oauth.callback.url': query.callbackUrl,
    },
  )
  const state = stateOf({ id: 0, accountId: caller.accountId }, plan.defaults, given, 1)
  return runResources(context, plan, type, state, inputsOf({}, query))
}
