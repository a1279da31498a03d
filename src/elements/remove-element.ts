import { recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { elementNotFound } from './directory.ts'
import type { ElementContext } from './element-context.ts'
import { changeElements, deleteElement, lockElement } from './store-element.ts'

/**
 * `DELETE /elements/{k}`: the account's own element, unless instances need it.
 * @throws ValenceError ELEMENT_NOT_FOUND, FORBIDDEN, IN_USE (409) naming how many instances
 */
export async function removeElement(context: ElementContext, caller: Caller, keyOrId: string): Promise<void> {
  const { element, owner } = await context.elements.require(caller, keyOrId)
  if (!owner) throw new ValenceError('FORBIDDEN', `${element.name} came with Valence and cannot be deleted`)
  context.authorize(caller, 'elements.delete', owner)
  await changeElements(context, async (change) => {
    const locked = await lockElement(change, caller.accountId, { id: element.id })
    if (!locked) throw elementNotFound(keyOrId)
    const count = await context.countInstances(change.trx, element.id)
    if (count > 0) {
      throw new ValenceError('IN_USE', `Element "${element.key}" is used by ${count} instances; delete them first`)
    }
    await deleteElement(change, locked)
    await context.onElementDeleted(change.trx, change.publish, element.id)
    const { id, document } = locked
    await recordChange(change.trx, caller, { entity: 'element', id, action: 'delete', before: document })
  })
}
