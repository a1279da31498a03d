import { type LifecycleOutcome, type OnFailure, runLifecycle } from '../engine/lifecycle.ts'
import type { Plan } from '../engine/plan.ts'
import { eventMechanism, eventsEnabled } from '../model/event-settings.ts'
import type { Configuration, InstanceState } from '../model/instance.ts'
import type { InstanceContext } from './context.ts'
import { createLifecyclePorts } from './engine-ports.ts'

/** All vendor calls and scripts of one run together: nobody waits longer for a vendor that drips or a hook that sleeps. */
const TOTAL_TIMEOUT_MS = 60_000

/**
 * Runs the element's resources of one type for an instance, stored or not yet (spec 11 §4.3). Nothing is stored: the
 * caller gets what they changed.
 *
 * @throws ValenceError VENDOR_FAILED, SCRIPT_FAILED, EGRESS_REFUSED …
 */
export function runResources(
  context: InstanceContext,
  plan: Plan,
  type: string,
  state: InstanceState,
  inputs: Readonly<Record<string, string>> = {},
  onFailure?: OnFailure,
): Promise<LifecycleOutcome> {
  const ports = createLifecyclePorts(context, TOTAL_TIMEOUT_MS)
  return runLifecycle(plan, type, state, inputs, ports, onFailure)
}

/** What overrides read as query parameters: provider data and configuration, by their own names (spec 11 §4.3). */
export function inputsOf(
  configuration: Configuration,
  providerData: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const inputs: Record<string, string> = {}
  for (const [name, value] of [...Object.entries(configuration), ...Object.entries(providerData)]) {
    if (value === null || value === undefined) continue
    inputs[name] = typeof value === 'object' ? JSON.stringify(value) : String(value)
  }
  return inputs
}

/** Whether the vendor is to send events of this instance: switched on, and not fetched by polling (spec 40 §5). */
export function hasWebhooks(configuration: Configuration): boolean {
  return eventsEnabled(configuration) && eventMechanism(configuration) === 'webhooks'
}

/**
 * Runs the resources of several types, one type after the other: each sees what the ones before changed. What subscribes
 * at the vendor runs only where webhooks are on by then.
 *
 * @returns configuration to store with the instance
 * @throws ValenceError of the first that fails; an unsubscription that fails is only noted (spec 40 §5)
 */
export async function runTypes(
  context: InstanceContext,
  plan: Plan,
  types: readonly string[],
  state: InstanceState,
  providerData: Readonly<Record<string, unknown>>,
): Promise<Record<string, string | null>> {
  const changes: Record<string, string | null> = {}
  let current = state
  for (const type of types) {
    if (type === 'onProvisionWebhook' && !hasWebhooks(current.configuration)) continue
    const inputs = inputsOf(current.configuration, providerData)
    const onFailure = type === 'onDeleteWebhook' ? noteFailure(context, state) : undefined
    const outcome = await runResources(context, plan, type, current, inputs, onFailure)
    current = outcome.instance
    Object.assign(changes, outcome.changes)
  }
  return changes
}

/**
 * What runs before the tokens of a deleted instance are revoked (spec 10 §4.3). The instance is gone already: a vendor
 * that fails is noted, and the next resources run all the same.
 */
export async function runDeletion(context: InstanceContext, plan: Plan, state: InstanceState): Promise<void> {
  let current = state
  for (const type of ['onDeleteWebhook', 'onDelete']) {
    if (type === 'onDeleteWebhook' && !hasWebhooks(current.configuration)) continue
    const outcome = await runResources(context, plan, type, current, {}, noteFailure(context, state))
    current = outcome.instance
  }
}

function noteFailure({ log }: InstanceContext, { id }: InstanceState): OnFailure {
  return (error, resource) =>
    log.warn({ instance: id, resource, reason: error.message }, 'a resource that cleans up at the vendor failed')
}
