import type { FormulaContext } from '../context.ts'
import { CHAIN_HEADER } from '../triggers/chain.ts'
import { maskedCredentials, maskedHeaders, platformHeaders, withHeaders } from './request-headers.ts'
import type { RequestWay } from './run-request.ts'
import type { StepCall } from './step.ts'

const API = '/elements/api-v2'

/** Requests to our own API in the name of the owner, through all that a request from outside goes through (spec 31 §3.3). */
export function platformWay(context: FormulaContext, call: StepCall, instanceId: number | undefined): RequestWay {
  const { owner, depth, chain } = call.execution
  let added: { retries: number; headers: Record<string, string> } | undefined
  /** the same for what is sent and what is kept of it */
  const addedHeaders = (retries: number) => {
    if (added?.retries !== retries) added = { retries, headers: platformHeaders(call, retries) }
    return added.headers
  }
  return {
    address: { property: 'api', shownAs: 'uri' },
    showAddress: withPrefix,
    showQuery: (query) => query,
    showHeaders: ({ headers }, retries) =>
      withHeaders(maskedHeaders(headers), { ...addedHeaders(retries), ...maskedCredentials(instanceId !== undefined) }),
    async send({ method, target, headers, bytes }, retries) {
      const { address, inline, query } = target
      const reply = await context.callPlatform(owner, instanceId, {
        method,
        path: inline === '' ? address : `${address}?${inline}`,
        query,
        headers: withHeaders(headers, { ...addedHeaders(retries), [CHAIN_HEADER]: String(chain + 1) }),
        ...(bytes === undefined ? {} : { body: bytes }),
        depth,
        signal: call.signal,
      })
      return { ...reply, bytes: reply.bytes ?? Buffer.from(reply.body) }
    },
  }
}

/** Of what a step calls its `api`: as it is kept. */
export function withPrefix(api: string): string {
  if (api.startsWith(`${API}/`)) return api
  return `${API}${api.startsWith('/') ? '' : '/'}${api}`
}
