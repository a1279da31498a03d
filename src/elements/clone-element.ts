import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Element } from '../model/element.ts'
import { insertPrepared } from './create-element.ts'
import type { ElementContext } from './element-context.ts'
import { exportElement } from './export-element.ts'
import type { Part } from './part-kinds.ts'
import { prepareElement } from './prepare-element.ts'

/** Whose application a clone uses is its owner's business (spec 10 §2.6). */
const BLANKED = new Set(['oauth.api.key', 'oauth.api.secret'])

/**
 * `POST /elements/{k}/clone`: a copy in the caller's account, with `-clone` behind key and name (spec 10 §2.6).
 * @throws ValenceError FORBIDDEN when the element is not cloneable, ALREADY_EXISTS when there is a clone already
 */
export async function cloneElement(context: ElementContext, caller: Caller, keyOrId: string): Promise<Element> {
  context.authorize(caller, 'elements.clone')
  const { element } = await context.elements.require(caller, keyOrId)
  if (element['cloneable'] === false) {
    throw new ValenceError('FORBIDDEN', `${element.name} cannot be cloned (cloneable is false)`)
  }
  const configuration = element.configuration.map((row) => (BLANKED.has(row.key) ? { ...row, defaultValue: '' } : row))
  const copy: Part = {
    ...exportElement({ ...element, configuration }),
    key: `${element.key}-clone`,
    name: `${element.name}-clone`,
    cloneable: false,
    private: true,
    extended: false,
  }
  return insertPrepared(context, caller, 'clone', (pen) => prepareElement(copy, undefined, pen))
}
