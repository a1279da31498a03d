import type { Transaction } from 'kysely'
import type { Owner } from '../model/owner.ts'
import type { Publish } from '../store/changes.ts'
import type { NotificationContext } from './context.ts'
import { type Notified, notify } from './notify.ts'

/** Topics on which the hub tells an account that something of it needs somebody's care (docs/notifications.md). */
export type AlarmTopic = 'alarms-subscription-deactivated' | 'alarms-event-parked' | 'alarms-credentials-refused'

export interface Alarm {
  owner: Owner
  topic: AlarmTopic
  /** without secrets */
  message: Readonly<Record<string, unknown>>
}

/** A notification of severity `high`, from the hub. */
export async function raiseAlarm<DB>(
  context: Pick<NotificationContext, 'jobs' | 'now' | 'sender'>,
  trx: Transaction<DB>,
  publish: Publish,
  { owner, topic, message }: Alarm,
): Promise<Notified | undefined> {
  const { organizationId, accountId, userId } = owner
  const notice = { topic, message, from: context.sender, severity: 'high' as const }
  const [notified] = await notify(context, trx, publish, [{ ...notice, owner: { organizationId, accountId, userId } }])
  return notified
}
