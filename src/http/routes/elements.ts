import Type from 'typebox'
import { cloneElement } from '../../elements/clone-element.ts'
import { createElement, patchElement, replaceElement, setActive } from '../../elements/create-element.ts'
import type { ElementContext } from '../../elements/element-context.ts'
import { exportOf } from '../../elements/export-of.ts'
import { fitting, listElementKeys, listElements, showElements } from '../../elements/list-elements.ts'
import { removeElement } from '../../elements/remove-element.ts'
import {
  listSharedWith,
  shareElement,
  shareWithOrganization,
  unshareElement,
  unshareWithOrganization,
} from '../../elements/share-element.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { callerOf } from '../operations.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { idOf, isTrue, type Query, single } from '../query.ts'

const ElementParams = Type.Object({ keyOrId: Type.String() })
const AccountParams = Type.Object({ keyOrId: Type.String(), accountId: Type.String() })
/** Members are read and explained by `elements/check-element.ts`; unknown ones are kept (spec 11, tolerance rule). */
const OpenBody = Type.Record(Type.String(), Type.Unknown())

/** Elements as the caller sees them, and the account's own (spec 10 §2.2); their parts are in `element-parts.ts`. */
export function elementRoutes(
  app: App,
  { elementContext: context, signer }: { elementContext: ElementContext; signer: TokenSigner },
): void {
  const { elements } = context
  const params = ElementParams

  app.get('/elements', { config: { operation: 'elements.read' } }, async (request, reply) => {
    const caller = request.caller
    const query = request.query as Query
    const page = readListPage(query, 'elements', { where: single(query['where']) ?? '' }, signer, reply)
    const filter = { where: single(page.filter['where']), abridged: isTrue(query['abridged']) }
    const found = await listElements(elements, caller, filter)
    const lines = pageInMemory(found.lines, page, 'elements', signer, reply, fitting(found))
    return showElements({ ...found, lines })
  })
  app.get('/elements/keys', { config: { operation: 'elements.read' } }, async (request, reply) => {
    const caller = request.caller
    const page = readListPage(request.query as Query, 'elements/keys', {}, signer, reply)
    return pageInMemory(await listElementKeys(elements, caller), page, 'elements/keys', signer, reply)
  })
  app.post('/elements', { config: { operation: 'elements.create' }, schema: { body: OpenBody } }, async (request) =>
    createElement(context, callerOf(request), request.body),
  )

  app.get('/elements/:keyOrId', { config: { operation: 'elements.read' }, schema: { params } }, async (request) => {
    const caller = request.caller
    return (await elements.require(caller, request.params.keyOrId)).element
  })
  app.put(
    '/elements/:keyOrId',
    { config: { operation: 'elements.update' }, schema: { params, body: OpenBody } },
    async (request) => replaceElement(context, callerOf(request), request.params.keyOrId, request.body),
  )
  app.patch(
    '/elements/:keyOrId',
    { config: { operation: 'elements.update' }, schema: { params, body: OpenBody } },
    async (request) => patchElement(context, callerOf(request), request.params.keyOrId, request.body),
  )
  app.delete(
    '/elements/:keyOrId',
    { config: { operation: 'elements.delete' }, schema: { params } },
    async (request, reply) => empty(reply, removeElement(context, callerOf(request), request.params.keyOrId)),
  )

  app.put(
    '/elements/:keyOrId/active',
    { config: { operation: 'elements.update' }, schema: { params } },
    async (request, reply) => empty(reply, setActive(context, callerOf(request), request.params.keyOrId, true)),
  )
  app.delete(
    '/elements/:keyOrId/active',
    { config: { operation: 'elements.update' }, schema: { params } },
    async (request, reply) => empty(reply, setActive(context, callerOf(request), request.params.keyOrId, false)),
  )
  app.post(
    '/elements/:keyOrId/clone',
    { config: { operation: 'elements.clone' }, schema: { params } },
    async (request) => cloneElement(context, callerOf(request), request.params.keyOrId),
  )
  app.get(
    '/elements/:keyOrId/export',
    { config: { operation: 'elements.export' }, schema: { params } },
    async (request) =>
      exportOf(context, callerOf(request), request.params.keyOrId, {
        extendedOnly: isTrue((request.query as Query)['extendedOnly']),
      }),
  )

  app.get(
    '/elements/:keyOrId/accounts',
    { config: { operation: 'elements.share' }, schema: { params } },
    async (request) => listSharedWith(context, callerOf(request), request.params.keyOrId),
  )
  const organizationWide = { config: { operation: 'elements.shareWithOrganization' as const }, schema: { params } }
  app.put('/elements/:keyOrId/organization', organizationWide, async (request, reply) =>
    empty(reply, shareWithOrganization(context, callerOf(request), request.params.keyOrId)),
  )
  app.delete('/elements/:keyOrId/organization', organizationWide, async (request, reply) =>
    empty(reply, unshareWithOrganization(context, callerOf(request), request.params.keyOrId)),
  )
  app.put(
    '/elements/:keyOrId/accounts/:accountId',
    { config: { operation: 'elements.share' }, schema: { params: AccountParams } },
    async (request, reply) => {
      const { keyOrId, accountId } = request.params
      return empty(reply, shareElement(context, callerOf(request), keyOrId, idOf(accountId)))
    },
  )
  app.delete(
    '/elements/:keyOrId/accounts/:accountId',
    { config: { operation: 'elements.share' }, schema: { params: AccountParams } },
    async (request, reply) => {
      const { keyOrId, accountId } = request.params
      return empty(reply, unshareElement(context, callerOf(request), keyOrId, idOf(accountId)))
    },
  )
}
