import { ADDRESS_KEYS } from '../engine/address-keys.ts'
import type { Plan } from '../engine/plan.ts'
import { isSecretKey } from '../engine/secret-keys.ts'
import { ValenceError } from '../errors.ts'
import type { Values } from './configuration.ts'
import { fillAddress } from './fill-address.ts'
import type { Instance } from './instance.ts'

/**
 * Credentials stay bound to their hosts (design.md §5): whoever may change an instance but does not know its secrets
 * must not have them sent to a place of his own. A new destination needs every masked value again.
 *
 * @param next effective configuration after the change
 * @param brought secret values that come with the change
 * @param nextPlan the element after the change, when the instance moves to another one
 * @throws ValenceError CONFIGURATION_INVALID naming the addresses and the values that are missing
 */
export function assertSecretsComeAlong(
  instance: Instance,
  next: Readonly<Values>,
  brought: (key: string) => boolean,
  nextPlan: Plan = instance.plan,
): void {
  const { plan, state, stored } = instance
  const known = new Set([...destinationsOf(plan, state.configuration).values()].map(({ text }) => text))
  const moved: string[] = []
  for (const [key, { text, problem }] of destinationsOf(nextPlan, next)) {
    if (known.has(text)) continue
    if (problem) throw problem
    moved.push(key)
  }
  if (nextPlan !== plan) moved.push(...newReaders(instance, next, nextPlan))
  if (moved.length === 0) return
  const withheld = Object.keys(stored).filter((key) => stored[key] && isSecretKey(plan.element, key) && !brought(key))
  if (withheld.length === 0) return
  throw new ValenceError(
    'CONFIGURATION_INVALID',
    `This change sends the instance's credentials somewhere else (${moved.join(', ')}); send these values again with it: ${withheld.join(', ')}`,
  )
}

/** Hosts that the other element declares for credentials, and secrets that it would show in clear. */
function newReaders({ plan, state, stored }: Instance, next: Readonly<Values>, nextPlan: Plan): string[] {
  const known = plan.credentialHosts(state)
  const hosts = [...nextPlan.credentialHosts({ ...state, configuration: next })].filter((host) => !known.has(host))
  const shown = Object.keys(stored).filter(
    (key) => isSecretKey(plan.element, key) && !isSecretKey(nextPlan.element, key),
  )
  return [...hosts, ...shown]
}

/**
 * Where each address leads, read with the same functions that read it when it is called: two readers of one address is
 * how secrets leave. An address that cannot be read is a destination of its own, with its `problem`.
 */
function destinationsOf(plan: Plan, configuration: Readonly<Values>): Map<string, Destination> {
  const destinations = new Map<string, Destination>()
  for (const key of ADDRESS_KEYS) {
    const address = configuration[key]
    if (!address) continue
    const read = () => (key === 'base.url' ? plan.baseUrl(configuration, {}) : fillAddress(address, configuration))
    destinations.set(key, destinationOf(key, address, read))
  }
  return destinations
}

interface Destination {
  /** origin, or the address as it stands when it cannot be read */
  text: string
  problem?: ValenceError
}

function destinationOf(key: string, address: string, read: () => string): Destination {
  try {
    const origin = URL.parse(read())?.origin
    if (origin !== undefined) return { text: origin }
    return { text: address, problem: new ValenceError('CONFIGURATION_INVALID', `${key}: "${address}" is no address`) }
  } catch (error) {
    if (error instanceof ValenceError) return { text: address, problem: error }
    throw error
  }
}
