import type { CommonResources } from '../engine/common/common-resources.ts'
import type { Ports } from '../engine/ports.ts'
import { run } from '../engine/run.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { CallFacts, ResourceCall, ResourceReply } from '../model/exchange.ts'
import type { Configuration } from '../model/instance.ts'
import { assertEnabled } from './assert-enabled.ts'
import { createBuiltInResources, isObjectList } from './built-in-resources.ts'
import { commonResourcesOf } from './common-resources-of.ts'
import type { InstanceContext } from './context.ts'
import { elementLabel } from './element-label.ts'
import { worldPorts } from './engine-ports.ts'
import type { Instance } from './instance.ts'
import type { CredentialKeeper } from './refresh.ts'
import { saveConfiguration } from './save-configuration.ts'
import { assertDepth } from './script-alias.ts'
import { secretsOf, traced } from './trace.ts'

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
 * Whoever calls keeps the usage log, with what it finds in `call.facts` afterwards, also when the call failed.
 */
export function createCall(
  context: InstanceContext,
  keeper: CredentialKeeper,
  onCallFinished: (fact: CallFact) => void,
): CallInstance {
  const portsOf = (world: InstanceContext): Ports => ({
    ...worldPorts(world),
    saveConfiguration: (instanceId, changes) => saveConfiguration(context, instanceId, changes),
    refreshCredentials: keeper.refresh,
    refreshDidNotHelp: keeper.noteRefused,
    refreshMayHelp: keeper.isWorthRefreshing,
  })
  const ports = portsOf(context)

  /** The same with every vendor call written down; the answer names the trace (spec 41 §10). */
  async function runTraced(
    instance: Instance,
    call: ResourceCall,
    commonResources: CommonResources | undefined,
  ): Promise<ResourceReply> {
    const { requestId } = call
    const owner = { ...instance, elementId: instance.plan.element.id, instanceId: instance.id, requestId }
    const seen = [instance.state.configuration]
    const secrets = () => secretsOf(instance.plan.element, ...seen)
    const { value, traceId } = await traced(context, owner, secrets, (recording) =>
      run(instance.plan, instance.state, call, noting(portsOf(recording), seen), commonResources),
    )
    return { ...value, headers: { ...value.headers, 'elements-trace-id': traceId } }
  }

  /** @param commonResources without them names mean what they mean to the element */
  async function ask(
    instance: Instance,
    call: ResourceCall,
    commonResources?: CommonResources,
  ): Promise<ResourceReply> {
    const started = performance.now()
    let status = 500
    try {
      const isTraced = instance.traceUntil !== null && instance.traceUntil > context.now()
      const reply = await (isTraced
        ? runTraced(instance, call, commonResources)
        : run(instance.plan, instance.state, call, ports, commonResources))
      status = reply.status
      return reply
    } catch (error) {
      if (error instanceof ValenceError) status = error.status
      throw error
    } finally {
      onCallFinished({
        element: elementLabel(instance.plan.element),
        instanceId: instance.id,
        method: call.method,
        status,
        ms: performance.now() - started,
      })
    }
  }

  const builtIn = createBuiltInResources({
    mappings: context.mappings,
    ask: (instance, call) => ask(instance, call),
    now: context.now,
  })

  return async (caller, instance, call) => {
    if (call.facts) noteInstance(call.facts, instance)
    context.authorize(caller, 'resources.call', instance)
    if (!isObjectList(call)) assertEnabled(instance)
    assertDepth(call.depth ?? 0, call.path)
    const commonResources = commonResourcesOf(context, caller, instance, call)
    return builtIn.answer(instance, call) ?? ask(instance, call, commonResources)
  }
}

/** Of which instance of which element a call is. */
export function noteInstance(facts: CallFacts, { id, name, tags, plan }: Instance): void {
  facts.element = plan.element
  facts.instanceId = id
  facts.instanceName = name
  facts.instanceTags = tags
}

/** Ports that keep what a call learns of the instance: new tokens are to be masked as well. */
function noting(ports: Ports, seen: Configuration[]): Ports {
  return {
    ...ports,
    async refreshCredentials(instanceId, rejectedVersion) {
      const state = await ports.refreshCredentials(instanceId, rejectedVersion)
      seen.push(state.configuration)
      return state
    },
    saveConfiguration(instanceId, changes) {
      seen.push(changes)
      return ports.saveConfiguration(instanceId, changes)
    },
  }
}
