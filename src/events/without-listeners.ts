import type { Instance } from '../instances/instance.ts'
import type { FoundInstance } from './find-instances.ts'
import { readSignatureDeclaration } from './verify/read-declaration.ts'

/** An instance that was found for a webhook, and takes it. */
export interface Taker extends FoundInstance {
  /** it takes what a key signed, and nothing else */
  isSigned: boolean
}

/** A shared secret is no signature: who declares the place and the value himself finds it in every request. */
export function asksForSignature({ state }: Pick<Instance, 'state'>): boolean {
  const read = readSignatureDeclaration(state.configuration)
  return read !== undefined && !('problem' in read) && read.declaration.type !== 'secret'
}

/**
 * Anybody may write into his configuration what finds the webhooks of somebody else. What a signature proves to be of one account's vendor goes to
 * the instances of that account, and to others whose own key proves it too.
 */
export function withoutListeners<T extends Taker>(takers: readonly T[]): T[] {
  const proven = new Set(takers.filter(({ isSigned }) => isSigned).map(({ accountId }) => accountId))
  return takers.filter(({ accountId }) => proven.size === 0 || proven.has(accountId))
}
