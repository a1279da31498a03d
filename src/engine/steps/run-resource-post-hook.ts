import { applyPostResult } from '../hooks/read-result.ts'
import { runHook } from '../hooks/run-hook.ts'
import type { Step } from '../ports.ts'
import { extractPath } from '../root-path.ts'

/**
 * Sees the part below the root key. An object that it answers may have that root again, which is then taken; lists never
 * are (spec 11 §4.4 step 4).
 */
export const runResourcePostHook: Step = (exchange, ports) => {
  const { hooks, responseRoot } = exchange.resource
  if (!hooks.resourcePost) return exchange
  return runHook(hooks.resourcePost, 'post', exchange, ports).then((result) => {
    applyPostResult(exchange, result)
    const { reply } = exchange
    const isAnswered = result.value !== undefined && 'response_body' in result.value
    if (!responseRoot || !isAnswered || reply.status >= 400 || Array.isArray(reply.body)) return exchange
    const found = extractPath(reply.body, responseRoot)
    if (found !== undefined) reply.body = found
    return exchange
  })
}
