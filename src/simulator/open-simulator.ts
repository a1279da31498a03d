import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Simulation } from './simulation.ts'
import { createSimulator, type Simulator } from './simulator.ts'
import type { Deliver } from './vendor-webhooks.ts'

/**
 * The simulator as a hub runs it, below a path of its own port.
 * @param consent `off`: none
 * @param deliver how webhooks of its vendors reach the hub
 */
export async function openSimulator(
  consent: 'off' | 'page' | 'auto',
  elements: Parameters<typeof createSimulator>[0]['elements'],
  simulations: () => Promise<ReadonlyMap<string, Simulation>>,
  deliver: Deliver,
): Promise<Simulator | undefined> {
  if (consent === 'off') return undefined
  return createSimulator({ elements, simulations: await simulations(), consent, deliver })
}

/** It knows nothing of the path it is mounted below. */
export function mountBelow(
  prefix: string,
  simulator: Simulator,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    request.url = (request.url ?? '').slice(prefix.length) || '/'
    simulator.handle(request, response)
  }
}

/** Vendor origins as the simulator stands in for them below `base`. */
export function originsBelow(base: string, simulator: Simulator | undefined): [string, string][] {
  return Object.entries(simulator?.origins(base) ?? {})
}
