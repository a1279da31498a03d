import { ValenceError } from '../../errors.ts'

/** Says in a request that a step makes how many executions led to it, that step's own among them: what it starts is one of them as well. */
export const CHAIN_HEADER = 'elements-formula-chain'

/** Formulas that start each other without waiting for it go on for ever, unless somebody counts. */
export const MAX_CHAIN = 100

/**
 * @param header as it came: anybody may have written it, and whoever does so has fewer left
 * @returns 0 for what no step writes
 */
export function readChain(header: unknown): number {
  return typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : 0
}

/** @throws ValenceError CALLS_TOO_DEEP */
export function assertChain(chain: number, what: string): void {
  if (chain <= MAX_CHAIN) return
  throw new ValenceError(
    'CALLS_TOO_DEEP',
    `${what} is started by a formula that was itself started by one, ${MAX_CHAIN} in a row; this is where it ends`,
  )
}
