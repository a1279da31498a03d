import { type RawBuilder, sql } from 'kysely'
import { ValenceError } from '../errors.ts'
import { openCredentials } from '../instances/instance-table.ts'
import type { Owner } from '../model/owner.ts'
import type { EventContext } from './event-context.ts'
import type { Finder, FoundElement } from './finders.ts'

export interface FoundInstance extends Owner {
  id: number
  /** of its configuration key */
  value: string
}

/** Sealed values are opened one by one: of more instances than this none is looked at. */
const MOST_SEALED = 1_000

type Found = { id: number; elementId: number; organizationId: number; accountId: number; userId: number; value: string }

/**
 * Enabled instances whose configuration holds one of these values at the finder's key, compared as text, whoever's they are (spec 40 §4.2,
 * rule 4). A value that comes from the element's default finds nobody: it would find everybody.
 *
 * Plain values are found by an index. Secret ones are sealed, which no query reads: the instances of the element are opened, as long as there are
 * no more than {@link MOST_SEALED}.
 */
export async function findInstances(
  context: Pick<EventContext, 'store' | 'log'>,
  elements: readonly FoundElement[],
  finder: Finder,
  values: readonly string[],
): Promise<FoundInstance[]> {
  if (values.length === 0) return []
  const asking = elements.map((element) => ({ ...element, isDefault: element.finder?.text === finder.text }))
  const sealed = asking.filter(({ isSecret }) => isSecret(finder.configurationKey))
  const plain = asking.filter((element) => !sealed.includes(element))
  return [
    ...(await findPlain(context, plain, finder, values)),
    ...(await findSealed(context, sealed, finder, new Set(values))),
  ]
}

type Asking = Pick<FoundElement, 'id'> & { isDefault: boolean }

const COLUMNS = sql`instances.id, instances.element_id as "elementId", instances.organization_id as "organizationId",
  instances.account_id as "accountId", instances.user_id as "userId"`

/** Instances that have this finder, by themselves or from their element. */
function hasFinder(elements: readonly Asking[], { text }: Finder): RawBuilder<boolean> {
  const all = elements.map(({ id }) => id)
  const declaring = elements.filter(({ isDefault }) => isDefault).map(({ id }) => id)
  return sql`instances.element_id = any(${all}::integer[]) and instances.deleted_at is null and not instances.disabled
    and case when configuration ->> 'event.notification.instance.finder' is not null
      then configuration ->> 'event.notification.instance.finder' = ${text}
      else instances.element_id = any(${declaring}::integer[]) end`
}

async function findPlain(
  { store }: Pick<EventContext, 'store'>,
  elements: readonly Asking[],
  finder: Finder,
  values: readonly string[],
): Promise<FoundInstance[]> {
  if (elements.length === 0) return []
  const { rows } = await sql<Found>`
    select ${COLUMNS}, wanted.value
    from unnest(${values}::text[]) wanted (value)
    join instances on configuration @> jsonb_build_object(${finder.configurationKey}::text, wanted.value)
    where ${hasFinder(elements, finder)}
    order by instances.id`.execute(store.db)
  return rows
}

async function findSealed(
  { store, log }: Pick<EventContext, 'store' | 'log'>,
  elements: readonly Asking[],
  finder: Finder,
  values: ReadonlySet<string>,
): Promise<FoundInstance[]> {
  if (elements.length === 0) return []
  const { rows } = await sql<Found & { ciphertext: string }>`
    select ${COLUMNS}, ciphertext
    from instances join instance_credentials on instance_id = instances.id
    where ${hasFinder(elements, finder)}
    order by instances.id limit ${MOST_SEALED + 1}`.execute(store.db)
  if (rows.length > MOST_SEALED) {
    const { configurationKey } = finder
    log.warn(
      { configurationKey, most: MOST_SEALED },
      'too many instances to look for a secret value in: none was looked at',
    )
    return []
  }
  return rows.flatMap(({ ciphertext, ...found }) => {
    const value = secretsOf({ store, log }, found.id, ciphertext)[finder.configurationKey]
    return typeof value === 'string' && values.has(value) ? [{ ...found, value }] : []
  })
}

/** @returns none, with a line in the log, where they cannot be opened: events of all others are looked for together with this instance's */
function secretsOf(
  { store, log }: Pick<EventContext, 'store' | 'log'>,
  id: number,
  ciphertext: string,
): ReturnType<typeof openCredentials> {
  try {
    return openCredentials(store, id, ciphertext)
  } catch (error) {
    if (!isSealedForEver(error)) throw error
    log.error({ err: error, instance: id }, 'an instance is not found for events: its credentials cannot be opened')
    return {}
  }
}

/** What was sealed was altered, or its key is no longer in the ring (`store/cipher.ts`): it is the same the next time. */
export function isSealedForEver(error: unknown): boolean {
  return error instanceof ValenceError && error.code === 'INTERNAL'
}
