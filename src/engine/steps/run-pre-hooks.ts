import type { Exchange } from '../exchange.ts'
import { applyPreResult } from '../hooks/read-result.ts'
import { runHook } from '../hooks/run-hook.ts'
import type { Ports, Step } from '../ports.ts'

/**
 * Global, then resource: what one returns the next one reads (spec 11 §6.5). A hook that fails keeps the vendor from
 * being called.
 */
export const runPreHooks: Step = (exchange, ports) =>
  exchange.resource.hooks.pre.length === 0 ? exchange : runAll(exchange, ports)

async function runAll(exchange: Exchange, ports: Ports): Promise<Exchange> {
  for (const hook of exchange.resource.hooks.pre) {
    applyPreResult(exchange, await runHook(hook, 'pre', exchange, ports))
  }
  return exchange
}
