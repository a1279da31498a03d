import type { Selectable } from 'kysely'
import { ValenceError } from '../errors.ts'
import type { Element } from '../model/element.ts'
import { isRowId } from '../model/row-id.ts'
import { createCache } from '../store/cache.ts'
import type { Store } from '../store/database.ts'
import type { Catalog } from './catalog.ts'
import { completeElement, completeSummary, type ElementDocument, type ElementFacts } from './complete-element.ts'
import { createMemory } from './element-memory.ts'
import { type ElementTable, elementDb } from './element-table.ts'
import { type ElementView, toAbridged } from './element-views.ts'
import { extendElement, extendSummary } from './extend-element.ts'

/** Topic of `store/changes.ts`; the key says which account sees which element differently now (`elementChange`). */
export const ELEMENT_TOPIC = 'element'

/** For whom an element is looked up; a `Caller` and an instance are both. */
export interface Viewer {
  accountId: number
  organizationId: number
}

/** An element as one account sees it. It never changes: a changed element is another entry. */
export interface ElementEntry {
  element: Element
  /** two entries with the same version run alike */
  version: string
  /** whose it is; undefined: it came with the release */
  owner: Viewer | undefined
  /** the account's own additions to a shipped element, if it made any */
  extension: { rowId: number } | undefined
}

/** An element in a list: what its short form shows, without its document. */
export interface ElementLine {
  id: number
  key: string
  summary: ElementView
  /** of the document that `load` reads; 0 when it is in memory anyway */
  sizeBytes: number
  load(): ElementEntry | Promise<ElementEntry | undefined>
}

/**
 * All elements, as seen by an account: the shipped ones, in memory, with what the account added to them; its own private
 * ones; those other accounts of its organization share with it, or with the whole organization.
 *
 * By id there is at most one. By key the account's own element comes first, then the shipped one, then shared ones: what
 * somebody else shares must never take the place of an element that the account meant (spec 10 §2.3).
 */
export interface ElementDirectory {
  /** What came with the release. */
  shipped: Catalog
  /** @param viewer nobody sees only what is shipped */
  find(
    viewer: Viewer | undefined,
    keyOrId: string | number,
  ): ElementEntry | undefined | Promise<ElementEntry | undefined>
  /** @throws ValenceError ELEMENT_NOT_FOUND (404) */
  require(viewer: Viewer | undefined, keyOrId: string | number): Promise<ElementEntry>
  /** Keys and ids, shipped ones first, then by ascending id. */
  names(viewer: Viewer | undefined): Promise<readonly { id: number; key: string }[]>
  /** The same with what a list shows; for private elements this is read anew. */
  list(viewer: Viewer | undefined): Promise<readonly ElementLine[]>
  /** Everything private and every extended element of every account, for whoever serves them all (the simulator). */
  eachPrivate(batchSize?: number): AsyncIterable<readonly OwnedElement[]>
  /** Called when an entry left the memory; who keeps something made of it lets go. */
  onForgotten(listener: (entry: ElementEntry) => void): void
}

export interface OwnedElement {
  element: Element
  accountId: number
}

const MAX_ACCOUNTS = 2_000
/** of documents, as text; in memory an element takes several times as much */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024

const VIEW_COLUMNS = [
  'id',
  'organization_id',
  'account_id',
  'extends_id',
  'key',
  'version',
  'size_bytes',
  'created_at',
  'updated_at',
] as const

type Row = Pick<Selectable<ElementTable>, (typeof VIEW_COLUMNS)[number]>

/** What one account sees beside the shipped elements. */
interface AccountView {
  accountId: number
  organizationId: number
  /** own elements first, then shared ones */
  elements: readonly Row[]
  extensions: ReadonlyMap<number, Row>
}

export function elementChange(elementId: number, accountId: number) {
  return { topic: ELEMENT_TOPIC, key: `${elementId} ${accountId}` }
}

/** The same for every account of an organization. */
export function organizationElementChange(elementId: number, organizationId: number) {
  return { topic: ELEMENT_TOPIC, key: `${elementId} o${organizationId}` }
}

/** Whether a change of this key concerns how the account sees the element. */
export function isChangeOf(key: string, elementId: number, { accountId, organizationId }: Viewer): boolean {
  return key === `${elementId} ${accountId}` || key === `${elementId} o${organizationId}`
}

export function createElementDirectory({
  store,
  catalog,
}: {
  store: Pick<Store, 'db' | 'changes'>
  catalog: Catalog
}): ElementDirectory {
  const db = () => elementDb(store)
  const listeners = new Set<(entry: ElementEntry) => void>()
  const shippedEntries = new Map<number, ElementEntry>()
  const views = createCache<AccountView>({
    changes: store.changes,
    topics: [ELEMENT_TOPIC],
    max: MAX_ACCOUNTS,
    affects: ({ accountId, organizationId }, _topic, key) =>
      key.endsWith(` ${accountId}`) || key.endsWith(` o${organizationId}`),
  })
  const documents = createMemory<ElementEntry>({
    maxBytes: MAX_DOCUMENT_BYTES,
    onForgotten(entry) {
      for (const listener of listeners) listener(entry)
    },
  })

  const directory: ElementDirectory = {
    shipped: catalog,
    find(viewer, keyOrId) {
      if (!viewer) return shippedEntry(catalog.find(keyOrId))
      const view = viewOf(viewer)
      return view instanceof Promise ? view.then((seen) => findIn(seen, keyOrId)) : findIn(view, keyOrId)
    },
    async require(viewer, keyOrId) {
      const entry = await directory.find(viewer, keyOrId)
      if (!entry) throw elementNotFound(keyOrId)
      return entry
    },
    async names(viewer) {
      if (!viewer) return catalog.elements
      return [...catalog.elements, ...byId((await viewOf(viewer)).elements)]
    },
    async list(viewer) {
      return viewer ? linesOf(await viewOf(viewer)) : catalog.elements.map(shippedLine)
    },
    async *eachPrivate(batchSize = 10) {
      for (let after = 0; ; ) {
        const rows = await db()
          .selectFrom('elements')
          .selectAll()
          .where('id', '>', after)
          .orderBy('id')
          .limit(batchSize)
          .execute()
        if (rows.length === 0) return
        after = rows.at(-1)?.id ?? after
        yield rows.flatMap((row) => {
          const entry = entryOf(row)
          return entry ? [{ element: entry.element, accountId: row.account_id }] : []
        })
      }
    },
    onForgotten: (listener) => void listeners.add(listener),
  }
  return directory

  function viewOf(viewer: Viewer): AccountView | Promise<AccountView> {
    const load = () => loadView(viewer)
    const found = views.get(String(viewer.accountId), load)
    return found instanceof Promise ? found.then((view) => view ?? load()) : found
  }

  async function loadView({ accountId, organizationId }: Viewer): Promise<AccountView> {
    const rows = await db()
      .selectFrom('elements')
      .select(VIEW_COLUMNS)
      .where('organization_id', '=', organizationId)
      .where((where) =>
        where.or([
          where('account_id', '=', accountId),
          where('organization_wide', '=', true),
          where(
            'id',
            'in',
            where.selectFrom('element_accounts').select('element_id').where('account_id', '=', accountId),
          ),
        ]),
      )
      .orderBy('id')
      .execute()
    const elements = rows.filter((row) => row.extends_id === null)
    const isOwn = (row: Row) => row.account_id === accountId
    return {
      accountId,
      organizationId,
      elements: [...elements.filter(isOwn), ...elements.filter((row) => !isOwn(row))],
      extensions: new Map(
        rows.flatMap((row) => (row.extends_id !== null && isOwn(row) ? [[row.extends_id, row] as const] : [])),
      ),
    }
  }

  function findIn(view: AccountView, keyOrId: string | number) {
    const id = idOf(keyOrId)
    const byId = id === undefined ? undefined : view.elements.find((row) => row.id === id)
    if (byId) return loadEntry(byId)
    const key = String(keyOrId)
    const own = view.elements.find((row) => row.key === key && row.account_id === view.accountId)
    if (own) return loadEntry(own)
    const shipped = catalog.find(keyOrId)
    if (shipped) return seenByAccount(view, shipped)
    const shared = view.elements.find((row) => row.key === key)
    return shared && loadEntry(shared)
  }

  function seenByAccount(view: AccountView, shipped: Element) {
    const extension = view.extensions.get(shipped.id)
    return extension ? loadEntry(extension) : shippedEntry(shipped)
  }

  async function linesOf(view: AccountView): Promise<ElementLine[]> {
    const summaries = await summariesOf([...view.elements, ...view.extensions.values()])
    const summaryOf = (row: Row) => JSON.parse(summaries.get(row.id) ?? '{}') as ElementDocument
    const shipped = catalog.elements.map((element) => {
      const extension = view.extensions.get(element.id)
      if (!extension) return shippedLine(element)
      const line = lineOf(extension, extendSummary(element, summaryOf(extension)))
      return { ...line, id: element.id, key: element.key }
    })
    const own = byId(view.elements).filter(({ id }) => summaries.has(id))
    return [...shipped, ...own.map((row) => lineOf(row, completeSummary(summaryOf(row), factsOf(row))))]
  }

  async function summariesOf(rows: readonly Row[]): Promise<Map<number, string>> {
    if (rows.length === 0) return new Map()
    const ids = rows.map(({ id }) => id)
    const found = await db().selectFrom('elements').select(['id', 'summary']).where('id', 'in', ids).execute()
    return new Map(found.map(({ id, summary }) => [id, summary]))
  }

  function lineOf(row: Row, summary: ElementView): ElementLine {
    return { id: row.id, key: row.key, summary, sizeBytes: row.size_bytes, load: () => loadEntry(row) }
  }

  function shippedLine(element: Element): ElementLine {
    const { id, key } = element
    return { id, key, summary: toAbridged(element), sizeBytes: 0, load: () => shippedEntry(element) }
  }

  function shippedEntry(element: Element): ElementEntry
  function shippedEntry(element: Element | undefined): ElementEntry | undefined
  function shippedEntry(element: Element | undefined): ElementEntry | undefined {
    if (!element) return undefined
    let entry = shippedEntries.get(element.id)
    if (!entry) {
      entry = { element, version: catalog.versionOf(element), owner: undefined, extension: undefined }
      shippedEntries.set(element.id, entry)
    }
    return entry
  }

  /** A document never changes under its version, so what is kept of it is right even when no changes are heard. */
  function loadEntry(row: Row): ElementEntry | Promise<ElementEntry | undefined> {
    return documents.get(`${row.id}@${row.version}`, async () => {
      const found = await db().selectFrom('elements').selectAll().where('id', '=', row.id).executeTakeFirst()
      const value = found && entryOf(found)
      return value && { value, sizeBytes: row.size_bytes }
    })
  }

  function entryOf(row: Row & { document: string }): ElementEntry | undefined {
    const document = JSON.parse(row.document) as ElementDocument
    const version = `${row.id}.${row.version}`
    if (row.extends_id === null) {
      const owner = { accountId: row.account_id, organizationId: row.organization_id }
      return { element: completeElement(document, factsOf(row)), version, owner, extension: undefined }
    }
    const shipped = catalog.find(row.extends_id)
    if (!shipped) return undefined
    return {
      element: extendElement(shipped, document, row.account_id),
      version: `${catalog.versionOf(shipped)}+${version}`,
      owner: undefined,
      extension: { rowId: row.id },
    }
  }
}

function byId(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => a.id - b.id)
}

export function elementNotFound(keyOrId: string | number): ValenceError {
  return new ValenceError(
    'ELEMENT_NOT_FOUND',
    `There is no element with key or id "${keyOrId}"; GET /elements/keys lists them`,
  )
}

function factsOf(row: Row): ElementFacts {
  return {
    id: row.id,
    key: row.key,
    accountId: row.account_id,
    createdDate: row.created_at,
    updatedDate: row.updated_at,
  }
}

function idOf(keyOrId: string | number): number | undefined {
  const text = String(keyOrId)
  return /^[1-9]\d*$/.test(text) && isRowId(Number(text)) ? Number(text) : undefined
}
