import { isObject } from '../../model/is-object.ts'
import type { PlannedWorkflow } from './plan-workflow.ts'

/**
 * The body of a workflow as a schedule keeps it: with ids in place of the tokens of instances. Jobs are shown with their bodies, and a token
 * may be replaced by another one before the next time.
 *
 * @param body that was planned
 */
export function keepWorkflow(body: unknown, { planned }: PlannedWorkflow): unknown[] {
  return [body].flat().map((step: unknown, place) => {
    const { target, notification } = planned[place]?.step ?? {}
    return {
      ...asMembers(step),
      targetConfiguration: named(asMembers(step)['targetConfiguration'], target?.instanceId),
      ...(notification
        ? { notificationConfiguration: named(asMembers(step)['notificationConfiguration'], notification.instanceId) }
        : {}),
    }
  })
}

function named(value: unknown, instanceId: number | undefined): Record<string, unknown> {
  const { token: _, ...rest } = asMembers(value)
  return { ...rest, instanceId }
}

function asMembers(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {}
}
