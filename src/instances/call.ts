import type { Ports } from '../engine/ports.ts'
import { run } from '../engine/run.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { ResourceCall, ResourceReply } from '../model/exchange.ts'
import { builtInResource } from './built-in-resources.ts'
import type { InstanceContext } from './context.ts'
import { worldPorts } from './engine-ports.ts'
import type { Instance } from './instance.ts'
import type { CredentialKeeper } from './refresh.ts'
import { saveConfiguration } from './save-configuration.ts'

export interface CallFact {
  element: string
  instanceId: number
  method: string
  status: number
  ms: number
}

export type CallInstance = (caller: Caller, instance: Instance, call: ResourceCall) => Promise<ResourceReply>

/**
 * A resource call of an instance: what hub routes, and later bulk jobs, formulas and pollers, go through.
 * The caller must be of the instance's account; a disabled instance answers only `GET /objects` (spec 00 §2.3).
 */
export function createCall(
  context: InstanceContext,
  keeper: CredentialKeeper,
  onCallFinished: (fact: CallFact) => void,
): CallInstance {
  const ports: Ports = {
    ...worldPorts(context),
    saveConfiguration: (instanceId, changes) => saveConfiguration(context, instanceId, changes),
    refreshCredentials: keeper.refresh,
    refreshDidNotHelp: keeper.noteRefused,
    refreshMayHelp: keeper.isWorthRefreshing,
  }
  return async (caller, instance, call) => {
    context.authorize(caller, 'resources.call', instance)
    const builtIn = builtInResource(instance, call, context.now())
    if (instance.disabled && !(builtIn && call.path === '/objects')) {
      throw new ValenceError(
        'INSTANCE_DISABLED',
        `Instance ${instance.id} is disabled; PUT /instances/${instance.id}/enabled enables it`,
      )
    }
    if (builtIn) return builtIn
    const started = performance.now()
    let status = 500
    try {
      const reply = await run(instance.plan, instance.state, call, ports)
      status = reply.status
      return reply
    } catch (error) {
      if (error instanceof ValenceError) status = error.status
      throw error
    } finally {
      onCallFinished({
        element: instance.plan.element.key,
        instanceId: instance.id,
        method: call.method,
        status,
        ms: performance.now() - started,
      })
    }
  }
}
