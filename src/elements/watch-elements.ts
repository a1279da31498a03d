import type { Element } from '../model/element.ts'
import type { Store } from '../store/database.ts'
import { ELEMENT_TOPIC, type ElementDirectory, type Viewer } from './directory.ts'
import { elementDb } from './element-table.ts'

/** What an account's element became; `element` is undefined when it is gone, or is the shipped one again. */
export interface ElementChange {
  elementId: number
  accountId: number
  element: Element | undefined
}

export interface ElementWatch {
  /** Resolves when every change known so far was handled: whoever changed an element answers after that. */
  settled(): Promise<void>
  close(): void
}

/**
 * Tells of every private and extended element: of all there are at the start, then of each change, in whatever process
 * it was made. For whoever serves all accounts at once, such as the simulator.
 *
 * @param handle may be told the same twice; a failure is logged and the next change is handled all the same
 */
export async function watchElements({
  store,
  elements,
  log,
  handle,
}: {
  store: Pick<Store, 'db' | 'changes'>
  elements: ElementDirectory
  log: { error(facts: object, message: string): void }
  handle(change: ElementChange): void | Promise<void>
}): Promise<ElementWatch> {
  let last = Promise.resolve()
  const inOrder = (work: () => Promise<void>) => {
    last = last.then(work).catch((error) => log.error({ err: error }, 'a changed element could not be handled'))
  }
  const end = store.changes.on(ELEMENT_TOPIC, (key) => {
    const [elementId = 0, accountId = 0] = key.split(' ').map(Number)
    // of a whole organization: its owner's account is told by itself
    if (Number.isNaN(accountId)) return
    inOrder(async () => {
      const owner = await ownerOf(store, elementId, accountId)
      // how an account sees what another one owns is the owner's change
      if (owner && owner.accountId !== accountId) return
      const entry = owner && (await elements.find(owner, elementId))
      await handle({ elementId, accountId, element: entry?.element })
    })
  })
  const tellAll = () =>
    inOrder(async () => {
      for await (const batch of elements.eachPrivate()) {
        for (const { element, accountId } of batch) await handle({ elementId: element.id, accountId, element })
      }
    })
  // changes may have been missed while nobody here could hear them
  const endReset = store.changes.onReset(tellAll)
  tellAll()
  await last
  return {
    settled: () => last,
    close() {
      end()
      endReset()
    },
  }
}

/** Who owns the element, or the account's additions to a shipped one. */
async function ownerOf(store: Pick<Store, 'db'>, elementId: number, accountId: number): Promise<Viewer | undefined> {
  const row = await elementDb(store)
    .selectFrom('elements')
    .select(['organization_id', 'account_id'])
    .where((where) =>
      where.or([
        where('id', '=', elementId),
        where.and([where('extends_id', '=', elementId), where('account_id', '=', accountId)]),
      ]),
    )
    .executeTakeFirst()
  return row && { organizationId: row.organization_id, accountId: row.account_id }
}
