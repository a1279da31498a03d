import type { CommonResources } from '../engine/common/common-resources.ts'
import type { Caller } from '../model/account.ts'
import type { ResourceCall } from '../model/exchange.ts'
import type { Mapping } from '../transform/mapping.ts'
import type { InstanceContext } from './context.ts'
import type { Instance } from './instance.ts'
import { modelChoiceOf } from './model-choice.ts'
import { issueAlias } from './script-alias.ts'

/** Below the base of links. */
const API_PATH = '/elements/api-v2'

/**
 * What a call finds of the common resources of its instance; where it speaks the words of the hub's model, that comes behind them.
 * @throws ValenceError PARAMETER_INVALID for a model that there is not
 */
export function commonResourcesOf(
  { mappings, canonicalMappings, store, now, publicUrl }: InstanceContext,
  caller: Pick<Caller, 'userId' | 'prefersHubModel'>,
  instance: Instance,
  call: ResourceCall,
): CommonResources {
  const { depth = 0 } = call
  const { id: instanceId, accountId, organizationId, plan } = instance
  const owner = { instanceId, accountId, organizationId, element: plan.element }
  const { isCanonical, isRaw } = modelChoiceOf(caller, call)
  return {
    depth,
    mappingOf: isCanonical ? ownOrCanonical : (objectName) => mappings.of(owner, objectName),
    scriptConfiguration() {
      const { protocol, host, pathname } = new URL(publicUrl())
      const alias = issueAlias(store.cipher, now(), { userId: caller.userId, instanceId, depth: depth + 1 })
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

  function ownOrCanonical(objectName: string): Mapping | undefined | Promise<Mapping | undefined> {
    const canonical = () => canonicalMappings.of(plan.element, objectName, isRaw)
    const own = mappings.of(owner, objectName)
    return own instanceof Promise ? own.then((mapping) => mapping ?? canonical()) : (own ?? canonical())
  }
}
