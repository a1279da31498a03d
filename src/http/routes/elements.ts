import Type from 'typebox'
import type { Authorize } from '../../accounts/authorize.ts'
import type { ElementDirectory } from '../../elements/directory.ts'
import { fitting, listElementKeys, listElements, showElements } from '../../elements/list-elements.ts'
import type { App, Request } from '../app.ts'
import type { Identify } from '../identify.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { isTrue, type Query, single } from '../query.ts'

const ElementParams = Type.Object({ keyOrId: Type.String() })

/** The catalog as the caller sees it (spec 10 §2.2, §2.3). */
export function elementRoutes(
  app: App,
  deps: { elements: ElementDirectory; identify: Identify; authorize: Authorize; signer: TokenSigner },
): void {
  const { elements, identify, authorize, signer } = deps
  const reader = async (request: Request) => {
    const caller = await identify.optionalCaller(request)
    authorize(caller, 'elements.read')
    return caller
  }

  app.get('/elements', async (request, reply) => {
    const caller = await reader(request)
    const query = request.query as Query
    const page = readListPage(query, 'elements', { where: single(query['where']) ?? '' }, signer, reply)
    const filter = { where: single(page.filter['where']), abridged: isTrue(query['abridged']) }
    const found = await listElements(elements, caller, filter)
    const lines = pageInMemory(found.lines, page, 'elements', signer, reply, fitting(found))
    return showElements({ ...found, lines })
  })
  app.get('/elements/keys', async (request, reply) => {
    const caller = await reader(request)
    const page = readListPage(request.query as Query, 'elements/keys', {}, signer, reply)
    return pageInMemory(await listElementKeys(elements, caller), page, 'elements/keys', signer, reply)
  })
  app.get('/elements/:keyOrId', { schema: { params: ElementParams } }, async (request) => {
    const caller = await reader(request)
    return (await elements.require(caller, request.params.keyOrId)).element
  })
  app.get('/elements/:keyOrId/configuration', { schema: { params: ElementParams } }, async (request, reply) => {
    const caller = await reader(request)
    const { configuration } = (await elements.require(caller, request.params.keyOrId)).element
    const list = `configuration of ${request.params.keyOrId}`
    return pageInMemory(
      configuration,
      readListPage(request.query as Query, list, {}, signer, reply),
      list,
      signer,
      reply,
    )
  })
}
