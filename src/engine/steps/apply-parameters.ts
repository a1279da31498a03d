import type { Step } from '../ports.ts'

/** The caller's names and places become the vendor's. What each parameter does was compiled in `compile.ts`. */
export const applyParameters: Step = (exchange) => {
  for (const apply of exchange.resource.applyParameters) apply(exchange)
  return exchange
}
