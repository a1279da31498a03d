import type { Operation } from '../accounts/authorize.ts'
import { recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Element } from '../model/element.ts'
import { type ElementEntry, elementNotFound } from './directory.ts'
import type { ElementContext } from './element-context.ts'
import { keepSecrets } from './keep-secrets.ts'
import { ensureHub } from './own-hubs.ts'
import { type Part, textOf } from './part-kinds.ts'
import type { Prepared } from './prepare-element.ts'
import {
  type Change,
  changeElements,
  deleteElement,
  type LockedElement,
  lockElement,
  penOf,
  saveElement,
} from './store-element.ts'
import type { Pen } from './write-parts.ts'

/** What becomes of an element: what is returned replaces what is stored; members that are left out stay. */
export type Edit<T> = (locked: LockedElement, pen: Pen) => Partial<Prepared> & { result: T }

export interface Edited<T> {
  entry: ElementEntry
  result: T
}

/**
 * Changes one of the caller's own elements, one writer at a time.
 *
 * @throws ValenceError ELEMENT_NOT_FOUND when the caller does not see it, FORBIDDEN when it is not his account's
 */
export async function editElement<T>(
  context: ElementContext,
  caller: Caller,
  operation: Operation,
  keyOrId: string,
  edit: Edit<T>,
): Promise<Edited<T>> {
  const { element, owner } = await context.elements.require(caller, keyOrId)
  if (!owner) throw isShipped(element)
  context.authorize(caller, operation, owner)
  const result = await changeElements(context, async (change) => {
    const locked = await lockElement(change, caller.accountId, { id: element.id })
    if (!locked) throw elementNotFound(keyOrId)
    return applyEdit(context, caller, change, locked, edit)
  })
  return { entry: await context.elements.require(caller, element.id), result }
}

/**
 * Changes what the caller's account added to a shipped element; the first addition begins it, the last one that goes
 * ends it (spec 10 §2.6).
 *
 * @throws ValenceError FORBIDDEN when the element is not extendable
 */
export async function editExtension<T>(
  context: ElementContext,
  caller: Caller,
  element: Element,
  edit: Edit<T>,
): Promise<Edited<T>> {
  context.authorize(caller, 'elements.extend')
  if (element['extendable'] === false) {
    throw new ValenceError('FORBIDDEN', `${element.name} cannot be extended (extendable is false); clone it instead`)
  }
  const result = await changeElements(context, async (change) => {
    const locked = await lockExtension(change, caller, element)
    return applyEdit(context, caller, change, locked, (...given) => {
      const { document = locked.document, ...edited } = edit(...given)
      return { ...edited, document: { ...document, extended: partCount(document, 'resources') > 0 } }
    })
  })
  return { entry: await context.elements.require(caller, element.id), result }
}

async function applyEdit<T>(
  context: ElementContext,
  caller: Caller,
  change: Change,
  locked: LockedElement,
  edit: Edit<T>,
): Promise<T> {
  const pen = penOf(context, locked.lastPartId)
  const { result, key = locked.key, document = locked.document, added = locked.added } = edit(locked, pen)
  const isEmptyExtension =
    locked.extendsId !== null && partCount(document, 'resources') + partCount(document, 'configuration') === 0
  await keepSecrets(context, change, locked, document)
  if (isEmptyExtension) await deleteElement(change, locked)
  else await saveElement(context, change, locked, { key, document, added }, pen.last())
  const hub = textOf(document, 'hub')
  if (hub !== textOf(locked.document, 'hub')) await ensureHub(change, context.elements.shipped, caller, hub)
  await recordChange(change.trx, caller, {
    entity: 'element',
    id: locked.extendsId ?? locked.id,
    action: locked.extendsId === null ? 'update' : 'extend',
    before: locked.document,
    after: document,
  })
  return result
}

function partCount(document: Part, member: string): number {
  const parts = document[member]
  return Array.isArray(parts) ? parts.length : 0
}

async function lockExtension(change: Change, caller: Caller, element: Element): Promise<LockedElement> {
  const empty: Part = { extended: true }
  const text = JSON.stringify(empty)
  await change.trx
    .insertInto('elements')
    .values({
      organization_id: caller.organizationId,
      account_id: caller.accountId,
      extends_id: element.id,
      key: element.key,
      document: text,
      summary: text,
      size_bytes: text.length,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const locked = await lockElement(change, caller.accountId, { extendsId: element.id })
  if (!locked) throw elementNotFound(element.key)
  return locked
}

/** What came with the release belongs to everybody (spec 10 §1.2 leaves sub-resources of it at 404). */
function isShipped({ name, key }: Element): ValenceError {
  return new ValenceError(
    'FORBIDDEN',
    `${name} came with Valence and cannot be changed; POST /elements/${key}/clone makes a copy that can, POST /elements/${key}/resources adds to it`,
  )
}
