import Type from 'typebox'
import type { Caller } from '../model/account.ts'
import { Element } from '../model/element.ts'
import { elementNotFound } from './directory.ts'
import type { ElementContext } from './element-context.ts'
import { elementDb } from './element-table.ts'
import { exportElement } from './export-element.ts'
import type { Part } from './part-kinds.ts'

/** An element as its author writes it: nothing is there that the platform adds, and `POST /elements` takes it. */
export const ElementDocument = Type.Unsafe<Part>(
  Type.Partial(Type.Omit(Element, ['id', 'deleted', 'extended']), {
    additionalProperties: true,
    title: 'ElementDocument',
  }),
)

/**
 * `GET /elements/{k}/export` (spec 10 §2.2).
 * @param extendedOnly of a shipped element only the resources that the caller's account added
 * @throws ValenceError ELEMENT_NOT_FOUND
 */
export async function exportOf(
  context: ElementContext,
  caller: Caller,
  keyOrId: string,
  { extendedOnly = false }: { extendedOnly?: boolean } = {},
): Promise<Part> {
  context.authorize(caller, 'elements.export')
  const { element, owner, extension } = await context.elements.require(caller, keyOrId)
  if (!owner) {
    const own = element.resources.filter((it) => extension && it['ownerAccountId'] === caller.accountId)
    return exportElement(extendedOnly ? { ...element, resources: own } : element)
  }
  const row = await elementDb(context.store)
    .selectFrom('elements')
    .select(['document', 'added_configuration', 'key'])
    .where('id', '=', element.id)
    .executeTakeFirst()
  if (!row) throw elementNotFound(keyOrId)
  return exportElement(JSON.parse(row.document) as Part, row.added_configuration)
}
