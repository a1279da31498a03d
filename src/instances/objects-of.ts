import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { CallInstance } from './call.ts'
import type { DiscoveredObject } from './discover-objects.ts'
import type { Instance } from './instance.ts'
import type { ProvisionRequest } from './provision-request.ts'

export function wantsObjects({ retrieveObjectsAfterInstantiation: wanted }: ProvisionRequest): boolean {
  return String(wanted).toLowerCase() === 'true'
}

/**
 * `objects` of the answer to a provisioning (spec 10 §4.3): with their types, unless the caller is of the version Hydrogen and
 * says so (spec 23 §B1).
 *
 * @returns a warning instead of objects when the vendor could not be asked: the instance is made all the same
 */
export async function objectsOf(
  { call }: { call: CallInstance },
  caller: Caller,
  instance: Instance,
  version: string | string[] | undefined,
): Promise<{ objects?: (DiscoveredObject | string)[]; warning?: string }> {
  const headers = { 'elements-version': version === undefined ? 'Helium' : String(version) }
  try {
    const { body } = await call(caller, instance, {
      method: 'GET',
      path: '/objects',
      query: {},
      headers,
      body: undefined,
    })
    return { objects: body as (DiscoveredObject | string)[] }
  } catch (error) {
    if (!(error instanceof ValenceError)) throw error
    return { warning: `objects: ${error.message.replaceAll(/[^\x20-\x7e]/g, '?')}` }
  }
}
