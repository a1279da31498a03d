import { sql } from 'kysely'
import { parseJson } from '../engine/parse-json.ts'
import { extractPath, parseRootPath, type RootPath } from '../engine/root-path.ts'
import { isSecretKey } from '../engine/secret-keys.ts'
import type { Element } from '../model/element.ts'
import { storableText } from '../model/storable-text.ts'
import type { EventContext } from './event-context.ts'

const FINDER_KEY = 'event.notification.instance.finder'

/** How instances of an element are found for a webhook that names none (spec 40 §4.2, rule 4). */
export interface Finder {
  /** `site.id|data.site_id` */
  text: string
  configurationKey: string
  /** where in the body its value stands */
  path: RootPath
}

/** Elements that a key may mean: the shipped one and private ones of whatever account. */
export interface FoundElement {
  id: number
  /** whose private one it is; undefined: shipped */
  accountId: number | undefined
  /** of instances that have none of their own */
  finder: Finder | undefined
  /** the configuration key holds a secret: it is stored sealed, and no query finds it */
  isSecret(configurationKey: string): boolean
}

/** @returns undefined for what is none: empty, `false`, or without its two halves */
export function parseFinder(text: string | null | undefined): Finder | undefined {
  const [configurationKey = '', ...rest] = (text ?? '').split('|')
  const path = parseRootPath(rest.join('|').replace(/^\$\./, ''))
  if (configurationKey.trim() === '' || !path) return undefined
  return { text: text ?? '', configurationKey: configurationKey.trim(), path }
}

/** More than this in one webhook is an attack. */
const MAX_VALUES = 100
const MAX_VALUE_LENGTH = 500

/**
 * The values at the finder's path, as text. A text on the way that holds JSON is opened (fields of forms, parameters of addresses),
 * and of a list each member counts.
 *
 * @param body as `readBody` gives it; members `eventHeaders.<name>` are the headers
 */
export function valuesAt(body: unknown, { steps, text }: RootPath): string[] {
  let places: unknown[] = [body]
  for (const step of steps) {
    const path = { text, steps: [step] }
    places = places.flatMap((place) => {
      const found = extractPath(opened(place), path)
      return step === 'each' && Array.isArray(found) ? found : [found]
    })
  }
  const values = places.map(opened).flatMap((value) => (Array.isArray(value) ? value : [value]))
  const texts = values.filter((value) => ['string', 'number', 'boolean'].includes(typeof value)).map(String)
  return [...new Set(texts)]
    .filter((value) => value !== '' && value.length <= MAX_VALUE_LENGTH && storableText(value) === value)
    .slice(0, MAX_VALUES)
}

function opened(value: unknown): unknown {
  return typeof value === 'string' && /^\s*[[{]/.test(value) ? (parseJson(value) ?? value) : value
}

/** What an element key means in all accounts: the shipped element first, then private ones, the oldest first. */
export async function elementsOfKey(
  { store, elements }: Pick<EventContext, 'store' | 'elements'>,
  key: string,
): Promise<FoundElement[]> {
  const shipped = elements.shipped.find(key)
  const { rows } = await sql<{ id: number; accountId: number; organizationId: number }>`
    select id, account_id as "accountId", organization_id as "organizationId"
    from elements where key = ${key} and extends_id is null order by id`.execute(store.db)
  const found = await Promise.all(
    rows.map(async ({ id, ...owner }) => {
      const entry = await elements.find(owner, id)
      return entry ? [foundElement(entry.element, owner.accountId)] : []
    }),
  )
  return [...(shipped ? [foundElement(shipped, undefined)] : []), ...found.flat()]
}

function foundElement(element: Element, accountId: number | undefined): FoundElement {
  const row = element.configuration.find(({ key }) => key === FINDER_KEY)
  return {
    id: element.id,
    accountId,
    finder: parseFinder(row?.defaultValue),
    isSecret: (key) => isSecretKey(element, key),
  }
}

/**
 * Each finder that counts for instances of these elements.
 *
 * A finder decides whose events its writer gets: one that finds a value that is in every body would get everybody's. So what several accounts call by
 * one key is found as its first element says: the shipped one, or the oldest. Finders of instances count where the key is one account's alone, and
 * are that account's.
 *
 * @param elements as `elementsOfKey` gives them
 */
export async function findersOf(
  { store }: Pick<EventContext, 'store'>,
  elements: readonly FoundElement[],
): Promise<Finder[]> {
  const [leading] = elements
  const accounts = [...new Set(elements.map(({ accountId }) => accountId))]
  const [accountId] = accounts
  if (accountId === undefined || accounts.length > 1) return leading?.finder ? [leading.finder] : []
  const ids = elements.map(({ id }) => id)
  const { rows } = await sql<{ text: string }>`
    select distinct configuration ->> ${FINDER_KEY} as text from instances
    where element_id = any(${ids}::integer[]) and account_id = ${accountId} and deleted_at is null
      and configuration ? ${FINDER_KEY}`.execute(store.db)
  const own = rows.flatMap(({ text }) => parseFinder(text) ?? [])
  const declared = elements.flatMap(({ finder }) => finder ?? [])
  return [...new Map([...declared, ...own].map((finder) => [finder.text, finder])).values()]
}
