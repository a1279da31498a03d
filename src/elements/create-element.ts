import { recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Element } from '../model/element.ts'
import { editElement } from './edit-element.ts'
import type { ElementContext } from './element-context.ts'
import { LONG_MEMBERS } from './element-views.ts'
import { ensureHub } from './own-hubs.ts'
import { type Part, textOf } from './part-kinds.ts'
import { type Prepared, prepareElement } from './prepare-element.ts'
import { changeElements, insertElement, penOf } from './store-element.ts'

/**
 * `POST /elements` (spec 10 §2.4): a private element of the caller's account, also from an export.
 * @throws ValenceError BODY_INVALID, PARAMETER_MISSING, ALREADY_EXISTS (409), BODY_TOO_LARGE (413)
 */
export async function createElement(context: ElementContext, caller: Caller, body: Part): Promise<Element> {
  context.authorize(caller, 'elements.create')
  return insertPrepared(context, caller, 'create', (pen) => prepareElement(body, undefined, pen))
}

/** Stores a new element of the caller's account. @param action for the audit log */
export async function insertPrepared(
  context: ElementContext,
  caller: Caller,
  action: 'create' | 'clone',
  prepare: (pen: ReturnType<typeof penOf>) => Prepared,
): Promise<Element> {
  const pen = penOf(context, 0)
  const prepared = prepare(pen)
  const id = await changeElements(context, async (change) => {
    await ensureHub(change, context.elements.shipped, caller, textOf(prepared.document, 'hub'))
    const newId = await insertElement(change, caller, prepared, pen.last())
    await recordChange(change.trx, caller, { entity: 'element', id: newId, action, after: prepared.document })
    return newId
  })
  return (await context.elements.require(caller, id)).element
}

/**
 * `PUT /elements/{k}` (spec 10 §2.4): lists in the body replace the stored ones, parts that are found again keep their
 * ids; members that the body lacks stay.
 */
export async function replaceElement(
  context: ElementContext,
  caller: Caller,
  keyOrId: string,
  body: Part,
): Promise<Element> {
  const { entry } = await editElement(context, caller, 'elements.update', keyOrId, (locked, pen) => ({
    ...prepareElement(body, locked, pen),
    result: undefined,
  }))
  return entry.element
}

/** `PATCH /elements/{k}`: members that are no lists of parts (spec 10 §2.2). */
export async function patchElement(
  context: ElementContext,
  caller: Caller,
  keyOrId: string,
  body: Part,
): Promise<Element> {
  const lists = Object.keys(body).filter((member) => LONG_MEMBERS.includes(member))
  if (lists.length > 0) {
    throw new ValenceError(
      'PARAMETER_INVALID',
      `PATCH changes single members, not ${lists.join(', ')}; use PUT or /elements/${keyOrId}/${lists[0]}`,
    )
  }
  return replaceElement(context, caller, keyOrId, body)
}

/** `PUT` and `DELETE /elements/{k}/active`: shown in the catalog or hidden (spec 10 §2.2). */
export async function setActive(
  context: ElementContext,
  caller: Caller,
  keyOrId: string,
  active: boolean,
): Promise<void> {
  await editElement(context, caller, 'elements.update', keyOrId, ({ document }) => ({
    document: { ...document, active },
    result: undefined,
  }))
}
