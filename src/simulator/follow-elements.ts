import type { ElementChange } from '../elements/watch-elements.ts'
import type { Simulator } from './simulator.ts'
import { vendorName } from './vendor-origins.ts'

/**
 * Serves the elements of accounts as they come, change and go. A private element is found under its key, unless a shipped
 * one or another account's has it already: then, and for what an account added to a shipped element, under key and ids.
 */
export function createElementFollower(
  simulator: Pick<Simulator, 'put' | 'remove'>,
  shippedKeys: readonly string[],
): (change: ElementChange) => void {
  const names = new Map<string, string>()
  const taken = new Set(shippedKeys)
  return ({ elementId, accountId, element }) => {
    const identity = `${elementId} ${accountId}`
    const before = names.get(identity)
    if (before !== undefined) {
      names.delete(identity)
      taken.delete(before)
    }
    if (!element) {
      if (before !== undefined) simulator.remove(before)
      return
    }
    const plain = vendorName(element.key)
    const wanted = taken.has(plain) ? vendorName(`${plain}-${elementId}-${accountId}`) : plain
    if (before !== undefined && before !== wanted) simulator.remove(before)
    const name = simulator.put(element, wanted)
    names.set(identity, name)
    taken.add(name)
  }
}
