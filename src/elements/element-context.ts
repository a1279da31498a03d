import type { Kysely, Transaction } from 'kysely'
import type { Authorize } from '../accounts/authorize.ts'
import type { Publish } from '../store/changes.ts'
import type { Store } from '../store/database.ts'
import type { ElementDirectory } from './directory.ts'
import type { ElementTables } from './element-table.ts'

/** What the functions that change elements work with; `main.ts` puts it together once. */
export interface ElementContext {
  store: Pick<Store, 'db' | 'changes'>
  elements: ElementDirectory
  authorize: Authorize
  now(): Date
  /**
   * How many instances an element has, of all accounts or of one. Instances are a room above this one, so `main.ts` hands
   * it over; `db` may be a transaction.
   */
  countInstances(db: Kysely<ElementTables>, elementId: number, accountId?: number): Promise<number>
  /** What rooms above do with whatever belongs to an element that is deleted, in the transaction that deletes it. */
  onElementDeleted(trx: Transaction<ElementTables>, publish: Publish, elementId: number): Promise<void>
  /** Resolves when everybody in this process who must know of a changed element has heard (`watch-elements.ts`). */
  afterChange(): Promise<void>
}

/** as stored: text of the document in bytes */
export const MAX_ELEMENT_BYTES = 10 * 1024 * 1024
/** members that are no lists of parts; lists of elements read them all */
export const MAX_SUMMARY_BYTES = 64 * 1024
export const MAX_ELEMENTS_PER_ACCOUNT = 500
/** all documents of an account together */
export const MAX_BYTES_PER_ACCOUNT = 250 * 1024 * 1024
