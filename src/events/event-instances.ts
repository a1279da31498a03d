import { type QueryExecutorProvider, sql } from 'kysely'
import type { InstanceFinder } from '../instances/find.ts'
import type { Instance } from '../instances/instance.ts'
import { eventsEnabled } from '../model/event-settings.ts'
import { createCache } from '../store/cache.ts'
import type { Store } from '../store/database.ts'

/** An instance as events reach it. */
export interface EventInstance {
  instance: Instance
  /** user, account and organization are active */
  ownerIsActive: boolean
}

/** Instances by id, kept in memory and told of changes: an event costs no query of its instance. */
export interface EventInstances {
  /** @returns undefined when there is none, or none any more */
  find(id: number): Promise<EventInstance | undefined>
  /** of one that `find` does not know: whether it was there and was deleted, so that it will not come */
  wasDeleted(id: number): Promise<boolean>
}

const CACHE_SIZE = 10_000

interface KnownOwner {
  userId: number
  accountId: number
  isActive: boolean
}

export function createEventInstances(
  { store }: { store: Pick<Store, 'db' | 'changes'> },
  finder: Pick<InstanceFinder, 'byId'>,
): EventInstances {
  const owners = createCache<KnownOwner>({
    changes: store.changes,
    topics: ['user', 'account', 'organization'],
    max: CACHE_SIZE,
    affects: ({ userId, accountId }, topic, key) =>
      topic === 'organization' || key === String(topic === 'user' ? userId : accountId),
  })
  return {
    async find(id) {
      const instance = await finder.byId(id)
      if (!instance) return undefined
      const owner = await owners.get(String(instance.userId), () => findOwner(store.db, instance.userId))
      return { instance, ownerIsActive: owner?.isActive ?? false }
    },
    async wasDeleted(id) {
      const { rows } = await sql`select 1 from instances where id = ${id} and deleted_at is not null`.execute(store.db)
      return rows.length > 0
    },
  }
}

/** `isActive`: user, account and organization are; who was deleted is not. @returns undefined when there is no such user */
export async function findOwner(db: QueryExecutorProvider, userId: number): Promise<KnownOwner | undefined> {
  const { rows } = await sql<KnownOwner>`
    select users.id as "userId", accounts.id as "accountId",
      users.active and accounts.active and organizations.active as "isActive"
    from users join accounts on accounts.id = users.account_id join organizations on organizations.id = users.organization_id
    where users.id = ${userId}`.execute(db)
  return rows[0]
}

/** Why an instance is told nothing of its events (spec 40 §4.2); undefined: it is told. */
export function whySkipped({ instance, ownerIsActive }: EventInstance): string | undefined {
  if (instance.disabled) return 'The instance is disabled'
  if (!eventsEnabled(instance.state.configuration))
    return 'Events of the instance are off: event.notification.enabled is not true'
  return ownerIsActive ? undefined : 'The owner of the instance is not active'
}
