import type { CommonResources } from '../engine/common/common-resources.ts'
import type { Caller } from '../model/account.ts'
import type { InstanceContext } from './context.ts'
import type { Instance } from './instance.ts'
import { issueAlias } from './script-alias.ts'

/** Below the base of links. */
const API_PATH = '/elements/api-v2'

/**
 * What a call finds of the common resources of its instance.
 * @param depth how many scripts wait for the call
 */
export function commonResourcesOf(
  { mappings, store, now, publicUrl }: InstanceContext,
  { userId }: Pick<Caller, 'userId'>,
  instance: Instance,
  depth: number,
): CommonResources {
  const { id: instanceId, accountId, organizationId, plan } = instance
  const owner = { instanceId, accountId, organizationId, element: plan.element }
  return {
    depth,
    mappingOf: (objectName) => mappings.of(owner, objectName),
    scriptConfiguration() {
      const { protocol, host, pathname } = new URL(publicUrl())
      const alias = issueAlias(store.cipher, now(), { userId, instanceId, depth: depth + 1 })
      return {
        protocol: protocol.slice(0, -1),
        host,
        pathPrefix: `${pathname.replace(/\/$/, '')}${API_PATH}`,
        userSecret: alias,
        organizationSecret: alias,
        elementInstanceToken: instance.token,
      }
    },
  }
}
