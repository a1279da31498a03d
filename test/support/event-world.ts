import { seed } from '../../src/accounts/seed.ts'
import type { ElementDirectory, ElementEntry } from '../../src/elements/directory.ts'
import type { ElementTables } from '../../src/elements/element-table.ts'
import { createEventInstances } from '../../src/events/event-instances.ts'
import { type EventTarget, eventDb } from '../../src/events/event-table.ts'
import { processQueue } from '../../src/events/process.ts'
import { NO_TRIGGERS, type ProcessContext } from '../../src/events/process-context.ts'
import { type ReceivedEvent, storeEvents } from '../../src/events/store-events.ts'
import type { InstanceContext } from '../../src/instances/context.ts'
import { createInstanceFinder, INSTANCE_TOPIC } from '../../src/instances/find.ts'
import { instanceDb, sealCredentials, sealToken } from '../../src/instances/instance-table.ts'
import { createPlans } from '../../src/instances/plans.ts'
import type { Element } from '../../src/model/element.ts'
import { type NotificationRow, notificationDb } from '../../src/notifications/notification-table.ts'
import type { RunScript } from '../../src/sandbox/sandbox.ts'
import type { Store } from '../../src/store/database.ts'
import { createTestJobs, type TestJobs } from './jobs.ts'
import { openTestStore } from './store.ts'

/** The first administrator's, as `seed` makes them. */
export const OWNER = { organizationId: 2, accountId: 2, userId: 2 }
export const START = new Date('2026-11-26T03:30:00Z')

export interface AddedInstance {
  element: Element
  configuration?: Record<string, string>
  secrets?: Record<string, string>
  id?: number
  disabled?: boolean
}

/** Events over a database of its own: what is posted is processed when it is drained, on a clock that stands until it is moved. */
export interface EventWorld {
  context: ProcessContext
  jobs: TestJobs
  /** lines of the log, as `{ message, ...facts }` */
  logged: Record<string, unknown>[]
  addInstance(instance: AddedInstance): Promise<number>
  removeInstance(id: number): Promise<void>
  /** Stores one event: a text as it is, anything else as JSON. Returns its id. */
  post(to: number | string, body: unknown, more?: Partial<ReceivedEvent>): Promise<string>
  /** runs what waits, delayed things too */
  drain(): Promise<void>
  moveClock(ms: number): void
  /** rows in the order of the lanes */
  targets(): Promise<EventTarget[]>
  notifications(): Promise<NotificationRow[]>
  /** `message` of each notification */
  // biome-ignore lint/suspicious/noExplicitAny: tests read members of any depth
  told(): Promise<any[]>
  close(): Promise<void>
}

export async function openEventWorld(
  elements: readonly Element[],
  more: {
    runScript?: RunScript
    context?: Partial<ProcessContext>
    /** elements that are the owner's alone */
    privateElements?: readonly Element[]
  } = {},
): Promise<EventWorld> {
  const { store, close } = await openTestStore()
  await seed(store, {})
  const { privateElements = [] } = more
  for (const element of privateElements) await addPrivateElement(store, element, OWNER)
  let now = START
  const logged: Record<string, unknown>[] = []
  const line = (facts: object, message: string) => void logged.push({ ...facts, message })
  const log = { info: line, warn: line, error: line }
  const jobs = createTestJobs()
  const instances = {
    store,
    elements: directoryOf(elements, privateElements),
    plans: createPlans(),
    now: () => now,
    random: () => 0,
    authorize: () => undefined,
    publicUrl: () => 'http://hub.test',
    runScript: more.runScript ?? (() => Promise.reject(new Error('there are no scripts here'))),
    noteConsole: () => undefined,
    log,
  } as unknown as InstanceContext
  const finder = createInstanceFinder(instances)
  const context: ProcessContext = {
    ...instances,
    instances,
    jobs,
    known: createEventInstances({ store }, finder),
    notifications: { jobs, now: () => now, sender: 'notifications@hub.test', callPlatform: noPlatform },
    onEvents: NO_TRIGGERS,
    verifyLate: async () => undefined,
    ...more.context,
  }
  const world: EventWorld = {
    context,
    jobs,
    logged,
    async addInstance({ element, configuration = {}, secrets = {}, id, disabled = false }) {
      const row = await instanceDb(store)
        .insertInto('instances')
        .values({
          ...(id === undefined ? {} : { id }),
          organization_id: OWNER.organizationId,
          account_id: OWNER.accountId,
          user_id: OWNER.userId,
          element_id: element.id,
          name: 'Acme prod',
          tags: ['Acme prod'],
          token_ciphertext: '',
          token_lookup: `${Math.random()}`,
          configuration: JSON.stringify({ 'event.notification.enabled': 'true', ...configuration }),
          disabled,
          external_authentication: 'none',
          deleted_at: null,
          trace_until: null,
          revocation: null,
          oauth_proxy: null,
          application: null,
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      await instanceDb(store)
        .updateTable('instances')
        .set({ token_ciphertext: sealToken(store, row.id, `token-${row.id}`) })
        .where('id', '=', row.id)
        .execute()
      await instanceDb(store)
        .insertInto('instance_credentials')
        .values({
          instance_id: row.id,
          ciphertext: sealCredentials(store, row.id, secrets),
          refresh_state: null,
          refreshed_at: null,
          refresh_failed_at: null,
          refresh_message: null,
        })
        .execute()
      return row.id
    },
    async removeInstance(id) {
      await store.changes.transaction(async (trx, publish) => {
        await trx
          .withTables<{ instances: { id: number; deleted_at: Date } }>()
          .updateTable('instances')
          .set({ deleted_at: now })
          .where('id', '=', id)
          .execute()
        publish({ topic: INSTANCE_TOPIC, key: String(id) })
      })
    },
    async post(to, body, given = {}) {
      const received: ReceivedEvent = {
        elementKey: typeof to === 'string' ? to : 'acme',
        kind: 'webhook',
        method: 'POST',
        query: '',
        contentType: 'application/json',
        headers: {},
        body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
        instanceIds: typeof to === 'number' ? [to] : [],
        ...given,
      }
      const [id] = await store.changes.transaction((trx, publish) => storeEvents(context, trx, publish, [received]))
      return id as string
    },
    drain: () => jobs.drain([processQueue(context)]),
    moveClock(ms) {
      now = new Date(now.getTime() + ms)
    },
    targets: () => eventDb(store).selectFrom('event_targets').selectAll().orderBy('seq').execute(),
    notifications: () => notificationDb(store).selectFrom('notifications').selectAll().orderBy('id').execute(),
    told: async () => (await world.notifications()).map(({ body }) => JSON.parse(body).message),
    close,
  }
  return world
}

async function noPlatform(): Promise<never> {
  throw new Error('there is no platform here')
}

/** All of them shipped; nobody changes one. */
/** A row of an element that is somebody's; what it says comes from whoever finds it. */
export async function addPrivateElement(
  { db }: { db: Store['db'] },
  { id, key }: Pick<Element, 'id' | 'key'>,
  { organizationId, accountId }: { organizationId: number; accountId: number },
): Promise<void> {
  await db
    .withTables<ElementTables>()
    .insertInto('elements')
    .values({
      ...{ id, key, organization_id: organizationId, account_id: accountId, extends_id: null },
      ...{ document: '{}', summary: '{}', size_bytes: 2 },
    })
    .execute()
}

function directoryOf(elements: readonly Element[], privateElements: readonly Element[]): ElementDirectory {
  const entries = [...elements, ...privateElements].map(
    (element): ElementEntry => ({ element, version: '1', owner: undefined, extension: undefined }),
  )
  const find = (keyOrId: string | number) =>
    entries.find(({ element }) => element.key === keyOrId || String(element.id) === String(keyOrId))
  return {
    shipped: {
      find(keyOrId: string | number) {
        const element = find(keyOrId)?.element
        return element && !privateElements.includes(element) ? element : undefined
      },
    },
    find: (_viewer: unknown, keyOrId: string | number) => find(keyOrId),
    onForgotten: () => undefined,
  } as unknown as ElementDirectory
}
