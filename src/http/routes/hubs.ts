import Type from 'typebox'
import type { Authorize } from '../../accounts/authorize.ts'
import type { ElementDirectory } from '../../elements/directory.ts'
import { getHub, listHubElements, listHubKeys, listHubs } from '../../elements/hubs.ts'
import { fitting, showElements } from '../../elements/list-elements.ts'
import type { App, Reply, Request } from '../app.ts'
import { hasElementToken, type Identify } from '../identify.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { isTrue, type Query } from '../query.ts'
import type { CallResource } from './resources.ts'

const HubParams = Type.Object({ key: Type.String() })

/** Hubs of the catalog (spec 10 §3); calls below `/hubs/{hub}/` are in `resources.ts`. */
export function hubRoutes(
  app: App,
  deps: {
    elements: ElementDirectory
    identify: Identify
    authorize: Authorize
    callResource: CallResource
    signer: TokenSigner
  },
): void {
  const { elements, identify, authorize, callResource, signer } = deps
  const catalog = elements.shipped
  const answer = <T>(items: readonly T[], list: string, request: Request, reply: Reply) =>
    pageInMemory(items, readListPage(request.query as Query, list, {}, signer, reply), list, signer, reply)
  const mayRead = async (request: Request) => {
    const caller = await identify.optionalCaller(request)
    authorize(caller, 'hubs.read')
    return caller
  }

  app.get('/hubs', async (request, reply) => {
    await mayRead(request)
    return answer(listHubs(catalog, { hydrate: isTrue((request.query as Query)['hydrate']) }), 'hubs', request, reply)
  })
  app.get('/hubs/keys', async (request, reply) => {
    await mayRead(request)
    return answer(listHubKeys(catalog), 'hubs/keys', request, reply)
  })
  app.get('/hubs/:key', { schema: { params: HubParams } }, async (request) => {
    await mayRead(request)
    return getHub(catalog, request.params.key)
  })
  app.get('/hubs/:key/elements', { schema: { params: HubParams } }, async (request, reply) => {
    // with an Element token it is that instance's resource `elements` (spec 10 §3)
    if (hasElementToken(request)) return callResource(request, reply)
    const caller = await mayRead(request)
    const lines = await listHubElements(elements, caller, request.params.key)
    const list = `elements of ${request.params.key}`
    const page = readListPage(request.query as Query, list, {}, signer, reply)
    const found = { lines, abridged: isTrue((request.query as Query)['abridged']) }
    return showElements({ ...found, lines: pageInMemory(lines, page, list, signer, reply, fitting(found)) })
  })
}
