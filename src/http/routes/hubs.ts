import Type from 'typebox'
import type { ElementContext } from '../../elements/element-context.ts'
import { getHub, listHubElements, listHubKeys, listHubs } from '../../elements/hubs.ts'
import { fitting, showElements } from '../../elements/list-elements.ts'
import { createHub, deleteHub } from '../../elements/own-hubs.ts'
import type { App, Reply, Request } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { callerOf } from '../operations.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { isTrue, type Query } from '../query.ts'

const HubParams = Type.Object({ key: Type.String() })
const OpenBody = Type.Record(Type.String(), Type.Unknown())

/** Hubs of the catalog and of the account (spec 10 §3); calls below `/hubs/{hub}/` are in `resources.ts`. */
export function hubRoutes(app: App, deps: { elementContext: ElementContext; signer: TokenSigner }): void {
  const { elementContext: context, signer } = deps
  const answer = <T>(items: readonly T[], list: string, request: Request, reply: Reply) =>
    pageInMemory(items, readListPage(request.query as Query, list, {}, signer, reply), list, signer, reply)

  app.get('/hubs', { config: { operation: 'hubs.read' } }, async (request, reply) => {
    const hydrate = isTrue((request.query as Query)['hydrate'])
    return answer(await listHubs(context, request.caller, { hydrate }), 'hubs', request, reply)
  })
  app.post('/hubs', { config: { operation: 'hubs.create' }, schema: { body: OpenBody } }, async (request) =>
    createHub(context, callerOf(request), request.body),
  )
  app.get('/hubs/keys', { config: { operation: 'hubs.read' } }, async (request, reply) =>
    answer(await listHubKeys(context, request.caller), 'hubs/keys', request, reply),
  )
  app.get('/hubs/:key', { config: { operation: 'hubs.read' }, schema: { params: HubParams } }, async (request) =>
    getHub(context, request.caller, request.params.key),
  )
  app.delete(
    '/hubs/:key',
    { config: { operation: 'hubs.delete' }, schema: { params: HubParams } },
    async (request, reply) => empty(reply, deleteHub(context, callerOf(request), request.params.key)),
  )
  app.get(
    '/hubs/:key/elements',
    { config: { operation: 'hubs.read' }, schema: { params: HubParams } },
    async (request, reply) => {
      const lines = await listHubElements(context, request.caller, request.params.key)
      const list = `elements of ${request.params.key}`
      const page = readListPage(request.query as Query, list, {}, signer, reply)
      const found = { lines, abridged: isTrue((request.query as Query)['abridged']) }
      return showElements({ ...found, lines: pageInMemory(lines, page, list, signer, reply, fitting(found)) })
    },
  )
}
