import type { Instance } from '../instances/instance.ts'
import type { NormalizedEvent } from './normalize.ts'
import type { ReadEvents } from './read-events.ts'

/** `message` of what a receiver gets (spec 40 §8); formulas read it as `trigger.body.message`. */
export interface EventMessage {
  eventId: string
  elementKey: string
  instanceId: number
  /** the same; there are readers of both */
  instance_id: number
  instanceName: string
  instanceTags: readonly string[]
  accountId: number
  /** the organization */
  companyId: number
  userId: number
  /** at least one */
  events: readonly NormalizedEvent[]
  raw: Readonly<Record<string, unknown>>
}

export type Told = Pick<Instance, 'id' | 'name' | 'tags' | 'accountId' | 'organizationId' | 'userId' | 'plan'>

export function eventMessage(eventId: string, instance: Told, { events, raw }: ReadEvents): EventMessage {
  const { id, name, tags, plan } = instance
  return {
    eventId,
    elementKey: plan.element.key,
    instanceId: id,
    instance_id: id,
    instanceName: name,
    instanceTags: tags.length > 0 ? tags : [name],
    accountId: instance.accountId,
    companyId: instance.organizationId,
    userId: instance.userId,
    events,
    raw,
  }
}

/** Topic of the notifications of an instance's events (spec 40 §8). */
export function eventTopic({ id, plan }: Pick<Instance, 'id' | 'plan'>): string {
  return `instance-${id}-${plan.element.key}-events`
}
