import { applyPostResult } from '../hooks/read-result.ts'
import { runHook } from '../hooks/run-hook.ts'
import type { Step } from '../ports.ts'

/** Sees the whole body of the vendor, before the root key (spec 11 §4.4, §6.5). */
export const runGlobalPostHook: Step = (exchange, ports) => {
  const hook = exchange.resource.hooks.globalPost
  if (!hook) return exchange
  return runHook(hook, 'post', exchange, ports).then((result) => {
    applyPostResult(exchange, result)
    // the next page's cursor is looked for in what this hook made of the body (spec 11 §5.3)
    if (result.value && 'response_body' in result.value) exchange.reply.raw = exchange.reply.body
    return exchange
  })
}
