import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { Mailer, NotificationContext, Settled, Target } from '../../src/notifications/context.ts'
import { deliverQueues } from '../../src/notifications/deliver.ts'
import { mailQueue } from '../../src/notifications/hand-over-mails.ts'
import { keepInstanceSubscription } from '../../src/notifications/instance-subscription.ts'
import { type DeliveryRow, notificationDb, type SubscriptionRow } from '../../src/notifications/notification-table.ts'
import { type Notice, notify } from '../../src/notifications/notify.ts'
import { retryQueues } from '../../src/notifications/retry.ts'
import type { Store } from '../../src/store/database.ts'
import { createOriginMap } from '../../src/upstream/origin-map.ts'
import { createUpstream } from '../../src/upstream/send.ts'
import { createTestJobs } from './jobs.ts'
import { type Inbox, type Receiver, startReceiver } from './receiver.ts'
import { openTestStore } from './store.ts'

export const OWNER = { organizationId: 3, accountId: 12, userId: 77 }

/** one database serves many rooms */
let lastInstance = 100

/** The room of notifications without a hub around it: its clock stands still, its instances are what `targets` says. */
export function openTestNotifications(store: Store, { allow = ['127.0.0.1'] }: { allow?: string[] } = {}) {
  const jobs = createTestJobs()
  const upstream = createUpstream({ allow, originMap: createOriginMap() })
  const clock = { at: new Date('2026-04-02T10:12:01.250Z') }
  const targets = new Map<number, Target>()
  const settled: Settled[] = []
  const mails: Parameters<Mailer>[0][] = []
  const platformCalls: Parameters<NotificationContext['callPlatform']>[] = []
  const context: NotificationContext = {
    store,
    jobs,
    authorize: () => undefined,
    now: () => clock.at,
    log: pino({ level: 'silent' }),
    sender: 'hub@example.com',
    mailer: async (mail) => void mails.push(mail),
    send: upstream.send,
    async callPlatform(...call) {
      platformCalls.push(call)
      return { status: 200, body: '' }
    },
    ownPath: (url) =>
      url.startsWith('/') ? url : url.match(/^https:\/\/hub\.example\.com\/elements\/api-v2(\/.*)/)?.[1],
    targetOf: async (instanceId) => targets.get(instanceId),
    onAttempt: () => undefined,
    onSettled: async (_trx, _publish, some) => void settled.push(...some),
  }
  const queues = [...deliverQueues(context), ...retryQueues(context), mailQueue(context)]
  const topicOf = (instanceId: number) => `instance-${instanceId}-acmecrm-events`

  return {
    context,
    jobs,
    queues,
    clock,
    settled,
    platformCalls,
    mails,
    /** a subscription as an instance has one */
    async subscribe(target: Target) {
      const instanceId = ++lastInstance
      targets.set(instanceId, target)
      const wanted = { instanceId, owner: OWNER, topic: topicOf(instanceId), url: target.url }
      const id = await store.changes.transaction((trx, publish) =>
        keepInstanceSubscription(context, trx, publish, wanted),
      )
      return { id: id as number, instanceId, targets }
    },
    /** as many events of an instance */
    async happen(instanceId: number, count = 1, fields: Partial<Notice> = {}) {
      const notices = Array.from({ length: count }, (_, n) => ({
        ...{ owner: OWNER, topic: topicOf(instanceId), severity: 'medium' as const, from: 'hub@example.com' },
        message: { n },
        event: { eventId: `event-${n}`, receivedAt: clock.at, instanceId },
        ...fields,
      }))
      return store.changes.transaction((trx, publish) => notify(context, trx, publish, notices))
    },
    /** what waits now, but nothing that waits for its time */
    deliver: () => jobs.drain(queues.filter(({ name }) => name.includes('deliver'))),
    /** the same, and everything that waits for its time, at that time */
    async retryAt(at: Date) {
      clock.at = at
      await jobs.drain(queues)
    },
    deliveries: (subscriptionId: number): Promise<DeliveryRow[]> =>
      notificationDb(store)
        .selectFrom('deliveries')
        .selectAll()
        .where('subscription_id', '=', subscriptionId)
        .orderBy('id')
        .execute(),
    subscription: (id: number): Promise<SubscriptionRow | undefined> =>
      notificationDb(store).selectFrom('subscriptions').selectAll().where('id', '=', id).executeTakeFirst(),
    close: () => upstream.close(),
  }
}

export interface NotificationWorld {
  store: Store
  databaseUrl: string
  receiver: Receiver
  /** of the test that runs */
  inbox: Inbox
  room: ReturnType<typeof openTestNotifications>
}

/** One store and one receiver for the tests of a file; each test has a room and an inbox of its own, which are there once it runs. */
export function notificationWorld(): NotificationWorld {
  const world = {} as NotificationWorld
  let close: () => Promise<void>
  beforeAll(async () => {
    const [opened, receiver] = await Promise.all([openTestStore(), startReceiver()])
    close = opened.close
    Object.assign(world, { store: opened.store, databaseUrl: opened.url, receiver })
  })
  afterAll(async () => {
    await world.receiver.close()
    await close()
  })
  beforeEach(() => {
    world.room = openTestNotifications(world.store)
    world.inbox = world.receiver.inbox()
  })
  afterEach(() => world.room.close())
  return world
}
