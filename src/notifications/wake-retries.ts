import type { Transaction } from 'kysely'
import { accountGroup } from '../jobs/account-group.ts'
import type { Publish } from '../store/changes.ts'
import type { NotificationContext } from './context.ts'
import type { NotificationTables } from './notification-table.ts'
import type { Subscriber } from './read-subscription.ts'

export const RETRY_QUEUE = 'notifications.retry'
/** The same for receivers that take their time: they wait for each other only. */
export const SLOW_RETRY_QUEUE = 'notifications.retry-slow'

/** One attempt at one delivery. It names its time: when the delivery was released or delivered meanwhile, it is void. */
interface RetryKey {
  createdAt: Date
  id: number
  nextAttemptAt: Date
}

function retryKey({ createdAt, id, nextAttemptAt }: RetryKey): string {
  return `${createdAt.getTime()}.${id}.${nextAttemptAt.getTime()}`
}

/** @returns undefined for what is no such key */
export function readRetryKey(key: string): RetryKey | undefined {
  const [, createdMs, id, nextMs] = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/.exec(key) ?? []
  if (createdMs === undefined) return undefined
  return { createdAt: new Date(Number(createdMs)), id: Number(id), nextAttemptAt: new Date(Number(nextMs)) }
}

export async function wakeRetries(
  { jobs }: Pick<NotificationContext, 'jobs'>,
  trx: Transaction<NotificationTables>,
  publish: Publish,
  { accountId, slow }: Pick<Subscriber, 'accountId' | 'slow'>,
  retries: readonly { delivery: { createdAt: Date; id: number }; at: Date }[],
): Promise<void> {
  const wakes = retries.map(({ delivery, at }) => ({
    key: retryKey({ ...delivery, nextAttemptAt: at }),
    group: accountGroup(accountId),
    at,
  }))
  if (wakes.length > 0) await jobs.wake(trx, publish, slow ? SLOW_RETRY_QUEUE : RETRY_QUEUE, wakes)
}
