import { type LifecycleOutcome, runLifecycle } from '../engine/lifecycle.ts'
import type { Plan } from '../engine/plan.ts'
import type { Configuration, InstanceState } from '../model/instance.ts'
import type { InstanceContext } from './context.ts'
import { createLifecyclePorts } from './engine-ports.ts'

/** All vendor calls of one run together: nobody waits longer for a vendor that drips. */
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
  onFailure?: Parameters<typeof runLifecycle>[5],
): Promise<LifecycleOutcome> {
  const ports = createLifecyclePorts(context, AbortSignal.timeout(TOTAL_TIMEOUT_MS))
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

export function eventsEnabled(configuration: Configuration): boolean {
  return configuration['event.notification.enabled'] === 'true'
}

/**
 * What runs between the credentials and the storing of a new instance: validation, then `onProvision`, then, with
 * events switched on, `onProvisionWebhook` (spec 10 §4.3).
 *
 * @returns configuration to store with the instance
 */
export async function runProvisioning(
  context: InstanceContext,
  plan: Plan,
  state: InstanceState,
  providerData: Readonly<Record<string, unknown>>,
): Promise<Record<string, string | null>> {
  const inputs = inputsOf(state.configuration, providerData)
  const changes: Record<string, string | null> = {}
  let current = state
  for (const type of ['provisionAuthValidation', 'onProvision', 'onProvisionWebhook']) {
    if (type === 'onProvisionWebhook' && !eventsEnabled(current.configuration)) continue
    const outcome = await runResources(context, plan, type, current, inputs)
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
    if (type === 'onDeleteWebhook' && !eventsEnabled(current.configuration)) continue
    const outcome = await runResources(context, plan, type, current, {}, (error, resource) => {
      const facts = { instance: state.id, resource, reason: error.message }
      context.log.warn(facts, 'a resource that runs at deletion failed')
    })
    current = outcome.instance
  }
}
