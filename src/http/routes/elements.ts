import Type from 'typebox'
import type { Authorize } from '../../accounts/authorize.ts'
import type { Catalog } from '../../elements/catalog.ts'
import { getConfiguration, getElement } from '../../elements/find-element.ts'
import { listElementKeys, listElements } from '../../elements/list-elements.ts'
import type { App, Request } from '../app.ts'
import type { Identify } from '../identify.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { isTrue, type Query, single } from '../query.ts'

const ElementParams = Type.Object({ keyOrId: Type.String() })

/** The catalog (spec 10 §2.2, §2.3). */
export function elementRoutes(
  app: App,
  deps: { catalog: Catalog; identify: Identify; authorize: Authorize; signer: TokenSigner },
): void {
  const { catalog, identify, authorize, signer } = deps
  const mayRead = async (request: Request) => authorize(await identify.optionalCaller(request), 'elements.read')

  app.get('/elements', async (request, reply) => {
    await mayRead(request)
    const query = request.query as Query
    const page = readListPage(query, 'elements', { where: single(query['where']) ?? '' }, signer, reply)
    const items = listElements(catalog, { where: single(page.filter['where']), abridged: isTrue(query['abridged']) })
    return pageInMemory(items, page, 'elements', signer, reply)
  })
  app.get('/elements/keys', async (request, reply) => {
    await mayRead(request)
    const page = readListPage(request.query as Query, 'elements/keys', {}, signer, reply)
    return pageInMemory(listElementKeys(catalog), page, 'elements/keys', signer, reply)
  })
  app.get('/elements/:keyOrId', { schema: { params: ElementParams } }, async (request) => {
    await mayRead(request)
    return getElement(catalog, request.params.keyOrId)
  })
  app.get('/elements/:keyOrId/configuration', { schema: { params: ElementParams } }, async (request, reply) => {
    await mayRead(request)
    const rows = getConfiguration(catalog, request.params.keyOrId)
    const list = `configuration of ${request.params.keyOrId}`
    return pageInMemory(rows, readListPage(request.query as Query, list, {}, signer, reply), list, signer, reply)
  })
}
