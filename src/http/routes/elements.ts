import Type from 'typebox'
import type { Authorize } from '../../accounts/authorize.ts'
import type { Catalog } from '../../elements/catalog.ts'
import { getConfiguration, getElement } from '../../elements/find-element.ts'
import { listElementKeys, listElements } from '../../elements/list-elements.ts'
import type { Identify } from '../identify.ts'
import { addListHeaders, pageOf, readListPage, type TokenSigner } from '../paging.ts'
import { isTrue, type Query, single } from '../query.ts'
import type { App, Reply, Request } from '../server.ts'

const ElementParams = Type.Object({ keyOrId: Type.String() })

/** The catalog (spec 10 §2.2, §2.3). */
export function elementRoutes(
  app: App,
  deps: { catalog: Catalog; identify: Identify; authorize: Authorize; signer: TokenSigner },
): void {
  const { catalog, identify, authorize, signer } = deps
  const mayRead = async (request: Request) => authorize(await identify.optionalCaller(request), 'elements.read')
  const paged = <T>(items: readonly T[], request: Request, reply: Reply, list: string) => {
    const page = pageOf(items, readListPage(request.query as Query, list, signer, reply))
    addListHeaders(reply, { returned: page.items.length, total: items.length, next: page.next }, list, signer)
    return page.items
  }

  app.get('/elements', async (request, reply) => {
    await mayRead(request)
    const query = request.query as Query
    const where = single(query['where'])
    const items = listElements(catalog, { where, abridged: isTrue(query['abridged']) })
    return paged(items, request, reply, `elements ${where ?? ''}`)
  })
  app.get('/elements/keys', async (request, reply) => {
    await mayRead(request)
    return paged(listElementKeys(catalog), request, reply, 'elements/keys')
  })
  app.get('/elements/:keyOrId', { schema: { params: ElementParams } }, async (request) => {
    await mayRead(request)
    return getElement(catalog, request.params.keyOrId)
  })
  app.get('/elements/:keyOrId/configuration', { schema: { params: ElementParams } }, async (request) => {
    await mayRead(request)
    return getConfiguration(catalog, request.params.keyOrId)
  })
}
