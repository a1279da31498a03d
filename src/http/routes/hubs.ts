import Type from 'typebox'
import type { ElementContext } from '../../elements/element-context.ts'
import { getHub, listHubElements, listHubKeys, listHubs } from '../../elements/hubs.ts'
import { fitting, showElements } from '../../elements/list-elements.ts'
import { createHub, deleteHub } from '../../elements/own-hubs.ts'
import type { App, Reply, Request } from '../app.ts'
import { catalogReader } from '../catalog-reader.ts'
import { empty } from '../empty-reply.ts'
import { hasElementToken, type Identify } from '../identify.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { isTrue, type Query } from '../query.ts'
import type { CallResource } from './resources.ts'

const HubParams = Type.Object({ key: Type.String() })
const OpenBody = Type.Record(Type.String(), Type.Unknown())

/** Hubs of the catalog and of the account (spec 10 §3); calls below `/hubs/{hub}/` are in `resources.ts`. */
export function hubRoutes(
  app: App,
  deps: { elementContext: ElementContext; identify: Identify; callResource: CallResource; signer: TokenSigner },
): void {
  const { elementContext: context, identify, callResource, signer } = deps
  const answer = <T>(items: readonly T[], list: string, request: Request, reply: Reply) =>
    pageInMemory(items, readListPage(request.query as Query, list, {}, signer, reply), list, signer, reply)
  const reader = catalogReader(identify, context.authorize, 'hubs.read')

  app.get('/hubs', async (request, reply) => {
    const hydrate = isTrue((request.query as Query)['hydrate'])
    return answer(await listHubs(context, await reader(request), { hydrate }), 'hubs', request, reply)
  })
  app.post('/hubs', { schema: { body: OpenBody } }, async (request) =>
    createHub(context, await identify.caller(request), request.body),
  )
  app.get('/hubs/keys', async (request, reply) =>
    answer(await listHubKeys(context, await reader(request)), 'hubs/keys', request, reply),
  )
  app.get('/hubs/:key', { schema: { params: HubParams } }, async (request) =>
    getHub(context, await reader(request), request.params.key),
  )
  app.delete('/hubs/:key', { schema: { params: HubParams } }, async (request, reply) =>
    empty(reply, deleteHub(context, await identify.caller(request), request.params.key)),
  )
  app.get('/hubs/:key/elements', { schema: { params: HubParams } }, async (request, reply) => {
    // with an Element token it is that instance's resource `elements` (spec 10 §3)
    if (hasElementToken(request)) return callResource(request, reply)
    const lines = await listHubElements(context, await reader(request), request.params.key)
    const list = `elements of ${request.params.key}`
    const page = readListPage(request.query as Query, list, {}, signer, reply)
    const found = { lines, abridged: isTrue((request.query as Query)['abridged']) }
    return showElements({ ...found, lines: pageInMemory(lines, page, list, signer, reply, fitting(found)) })
  })
}
