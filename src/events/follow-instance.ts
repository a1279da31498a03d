import type { Transaction } from 'kysely'
import type { InstanceChange, OnInstanceChanged, ToldInstance } from '../instances/instance-change.ts'
import type { InstanceTables } from '../instances/instance-table.ts'
import { accountGroup } from '../jobs/account-group.ts'
import { eventCallbackUrl, eventsEnabled } from '../model/event-settings.ts'
import type { Owner } from '../model/owner.ts'
import type { NotifyContext } from '../notifications/context.ts'
import { keepInstanceSubscription } from '../notifications/instance-subscription.ts'
import { removeInstanceSubscriptions } from '../notifications/remove-subscriptions.ts'
import type { Publish } from '../store/changes.ts'
import { findOwner } from './event-instances.ts'
import { eventTopic } from './event-message.ts'
import { laneOf, PROCESS_QUEUE } from './lanes.ts'
import { keepCheckpoints, removeCheckpoints } from './poll/keep-checkpoints.ts'
import { pollerScheduleOf } from './poll/poller-schedule.ts'

export interface FollowContext {
  notifications: NotifyContext
  pollers: PollerSchedules
}

/** When instances are polled: kept by whoever keeps schedules. */
export interface PollerSchedules {
  /** makes or changes the one schedule of an instance; what did not change goes on as it was */
  keep(trx: Transaction<InstanceTables>, publish: Publish, poller: PollerSchedule): Promise<unknown>
  remove(trx: Transaction<InstanceTables>, instanceIds: readonly number[]): Promise<unknown>
}

export interface PollerSchedule {
  instanceId: number
  owner: Owner
  elementKey: string
  /** for people */
  name: string
  everyMinutes: number
}

const SUBSCRIPTION_ID = 'event.notification.subscription.id'

/**
 * What events have to do with an instance follows it, in the transaction that changes it (spec 40 §2): the subscription by which
 * events go to its callback URL, and the schedule of its poller. A disabled instance is not polled, and of one whose owner is
 * inactive the poller comes back with the first update after he is active again (§7.1).
 *
 * @returns for `InstanceContext.onInstanceChanged`
 */
export function followInstances(context: FollowContext): OnInstanceChanged {
  return async (trx, publish, change) => {
    if ('deleted' in change) {
      await removeInstanceSubscriptions(trx, change.deleted)
      await context.pollers.remove(trx, change.deleted)
      await removeCheckpoints(trx, change.deleted)
      return {}
    }
    await followPoller(context, trx, publish, change)
    if (!change.before) await wakeEarlyEvents(context, trx, publish, change.after)
    return followSubscription(context, trx, publish, change)
  }
}

/** A vendor may call before the instance is stored that it was asked to call for (spec 40 §4.2): what it sent waits. */
function wakeEarlyEvents(
  { notifications: { jobs } }: FollowContext,
  trx: Transaction<InstanceTables>,
  publish: Publish,
  { id, accountId }: ToldInstance,
): Promise<void> {
  return jobs.wake(trx, publish, PROCESS_QUEUE, [{ key: laneOf({ instanceId: id }), group: accountGroup(accountId) }])
}

type Stored = Exclude<InstanceChange, { deleted: readonly number[] }>

async function followSubscription(
  { notifications }: FollowContext,
  trx: Transaction<InstanceTables>,
  publish: Publish,
  { before, after }: Stored,
): Promise<Record<string, string | null>> {
  const wanted = subscriptionOf(after)
  const isKept = Boolean(after.configuration[SUBSCRIPTION_ID])
  const isSame = before !== undefined && sameSubscription(subscriptionOf(before), wanted)
  const isEnabledAgain = before?.disabled === true && !after.disabled
  // one that failed too often stays as it is until somebody changes something about it
  if (isSame && isKept === (wanted.url !== undefined) && !isEnabledAgain) return {}
  if (wanted.url === undefined && !isKept) return {}
  const id = await keepInstanceSubscription(notifications, trx, publish, wanted)
  return { [SUBSCRIPTION_ID]: id === undefined ? null : String(id) }
}

function subscriptionOf(instance: ToldInstance) {
  const { id, configuration } = instance
  const url = eventsEnabled(configuration) ? eventCallbackUrl(configuration) : undefined
  // what is held back is looked at again when it need not be any more
  const ordered = configuration['event.notification.ordered']
  return { instanceId: id, owner: ownerOf(instance), topic: eventTopic(instance), url, ordered }
}

function sameSubscription(one: ReturnType<typeof subscriptionOf>, other: ReturnType<typeof subscriptionOf>): boolean {
  return one.url === other.url && one.topic === other.topic && one.ordered === other.ordered
}

async function followPoller(
  { pollers, notifications }: FollowContext,
  trx: Transaction<InstanceTables>,
  publish: Publish,
  { before, after }: Stored,
): Promise<void> {
  const schedule = pollerScheduleOf(after)
  const owner = ownerOf(after)
  if (schedule && (await findOwner(trx, owner.userId))?.isActive) {
    const { id: instanceId, name, plan } = after
    const { everyMinutes, objectTypes } = schedule
    await pollers.keep(trx, publish, { instanceId, owner, elementKey: plan.element.key, name, everyMinutes })
    await keepCheckpoints(trx, after, objectTypes, notifications.now())
  } else if (before && pollerScheduleOf(before)) {
    await pollers.remove(trx, [after.id])
    await removeCheckpoints(trx, [after.id])
  }
}

function ownerOf({ organizationId, accountId, userId }: ToldInstance): Owner {
  return { organizationId, accountId, userId }
}
