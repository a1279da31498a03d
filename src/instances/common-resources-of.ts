import type { CommonResources } from '../engine/common/common-resources.ts'
import type { Caller } from '../model/account.ts'
import type { ResourceCall } from '../model/exchange.ts'
import type { Mapping } from '../transform/mapping.ts'
import type { InstanceContext } from './context.ts'
import type { Instance } from './instance.ts'
import { mappingOwner } from './mapping-owner.ts'
import { modelChoiceOf } from './model-choice.ts'
import { issueAlias } from './script-alias.ts'

/** Below the base of links. */
const API_PATH = '/elements/api-v2'

/**
 * What a call finds of the common resources of its instance; where it speaks the words of the hub's model, that comes behind them.
 * @throws ValenceError PARAMETER_INVALID for a model that there is not
 */
export function commonResourcesOf(
  context: InstanceContext,
  caller: Pick<Caller, 'userId' | 'prefersHubModel'>,
  instance: Instance,
  call: Pick<ResourceCall, 'headers' | 'depth'>,
): CommonResources {
  const { mappings, canonicalMappings } = context
  const { depth = 0 } = call
  const { element } = instance.plan
  const owner = mappingOwner(instance)
  const { isCanonical, isRaw } = modelChoiceOf(caller, call)
  return {
    depth,
    mappingOf: isCanonical ? ownOrCanonical : (objectName) => mappings.of(owner, objectName),
    scriptConfiguration: () => scriptConfiguration(context, caller, instance, depth),
  }

  function ownOrCanonical(objectName: string): Mapping | undefined | Promise<Mapping | undefined> {
    const canonical = () => canonicalMappings.of(element, objectName, isRaw)
    const own = mappings.of(owner, objectName)
    return own instanceof Promise ? own.then((mapping) => mapping ?? canonical()) : (own ?? canonical())
  }
}

/**
 * How a script calls back: as the caller, but for this instance alone and for a minute (`script-alias.ts`).
 * @param depth how many scripts wait for the call that it is part of
 */
export function scriptConfiguration(
  { store, now, publicUrl }: Pick<InstanceContext, 'store' | 'now' | 'publicUrl'>,
  { userId }: Pick<Caller, 'userId'>,
  { id: instanceId, token }: Instance,
  depth: number,
): Record<string, string> {
  const alias = issueAlias(store.cipher, now(), { userId, instanceId, depth: depth + 1 })
  return {
    ...apiAddress({ publicUrl }),
    userSecret: alias,
    organizationSecret: alias,
    elementInstanceToken: token,
  }
}

/** Where the API is, in the parts that scripts put together again (spec 20 §10.1). */
export function apiAddress({ publicUrl }: Pick<InstanceContext, 'publicUrl'>): Record<string, string> {
  const { protocol, host, pathname } = new URL(publicUrl())
  return { protocol: protocol.slice(0, -1), host, pathPrefix: `${pathname.replace(/\/$/, '')}${API_PATH}` }
}
