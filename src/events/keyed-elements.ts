import { ELEMENT_TOPIC } from '../elements/directory.ts'
import { elementDb } from '../elements/element-table.ts'
import type { Element } from '../model/element.ts'
import type { Configuration } from '../model/instance.ts'
import { storableText } from '../model/storable-text.ts'
import { createCache } from '../store/cache.ts'
import type { EventContext } from './event-context.ts'

/** What an element key means where nobody says whose element is meant. */
export interface KeyedElement {
  /** what it declares of events (`event.vendor.…`); of several private ones the oldest, so that nobody undoes it by making another */
  declared: Configuration
}

const KEPT = 2_000
const MAX_LENGTH = 200

/**
 * Elements by key, in memory and told of changes. @returns a function that gives undefined for a key that no element has: strangers may call
 * any address
 */
export function createKeyedElements({ store, elements }: Pick<EventContext, 'store' | 'elements'>) {
  const cache = createCache<KeyedElement>({
    changes: store.changes,
    topics: [ELEMENT_TOPIC],
    max: KEPT,
    affects: () => true,
  })
  const shipped = new Map<number, KeyedElement>()
  return (key: string): KeyedElement | undefined | Promise<KeyedElement | undefined> => {
    const element = elements.shipped.find(key)
    if (element) return shippedElement(element)
    if (key.length > MAX_LENGTH || storableText(key) !== key) return undefined
    return cache.get(key, () => findPrivate(key))
  }

  function shippedElement(element: Element): KeyedElement {
    const keyed = shipped.get(element.id) ?? { declared: declaredBy(element) }
    shipped.set(element.id, keyed)
    return keyed
  }

  async function findPrivate(key: string): Promise<KeyedElement | undefined> {
    const rows = await elementDb(store)
      .selectFrom('elements')
      .select(['id', 'account_id', 'organization_id'])
      .where('key', '=', key)
      .where('extends_id', 'is', null)
      .orderBy('id')
      .limit(1)
      .execute()
    const [first] = rows
    if (!first) return undefined
    const owner = { accountId: first.account_id, organizationId: first.organization_id }
    const entry = await elements.find(owner, first.id)
    return { declared: entry ? declaredBy(entry.element) : {} }
  }
}

function declaredBy({ configuration }: Element): Configuration {
  const rows = configuration.filter(({ key }) => key.startsWith('event.vendor.'))
  return Object.fromEntries(rows.map(({ key, defaultValue }) => [key, defaultValue ?? null]))
}
