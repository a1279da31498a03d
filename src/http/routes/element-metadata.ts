import Type from 'typebox'
import { authenticationConfigurations, authenticationTypes } from '../../elements/authentication-types.ts'
import { toExpandedMetadata, toMetadata } from '../../elements/describe-element.ts'
import type { ElementContext } from '../../elements/element-context.ts'
import { elementDb } from '../../elements/element-table.ts'
import { fitting, showElements } from '../../elements/list-elements.ts'
import { ValenceError } from '../../errors.ts'
import type { Element } from '../../model/element.ts'
import type { App, Request } from '../app.ts'
import { catalogReader } from '../catalog-reader.ts'
import type { Identify } from '../identify.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { isTrue, type Query } from '../query.ts'

const ElementParams = Type.Object({ keyOrId: Type.String() })
const TypeParams = Type.Object({ keyOrId: Type.String(), type: Type.String() })

/** What an element says about itself (spec 10 §2.8) and how one signs in to it (§2.2). */
export function elementMetadataRoutes(
  app: App,
  {
    elementContext: context,
    identify,
    signer,
  }: { elementContext: ElementContext; identify: Identify; signer: TokenSigner },
): void {
  const { elements, authorize } = context
  const reader = catalogReader(identify, authorize, 'elements.read')

  app.get('/elements/metadata', async (request, reply) => {
    const found = { lines: await elements.list(await reader(request)), abridged: false }
    const page = readListPage(request.query as Query, 'elements/metadata', {}, signer, reply)
    const lines = pageInMemory(found.lines, page, 'elements/metadata', signer, reply, fitting(found))
    return (await showElements({ ...found, lines })).map((element) => toMetadata(element as Element))
  })
  app.get('/elements/:keyOrId/metadata', { schema: { params: ElementParams } }, async (request) => {
    const caller = await reader(request)
    const { element } = await elements.require(caller, request.params.keyOrId)
    if (!isTrue((request.query as Query)['expand'])) return toMetadata(element)
    const instanceCount = caller
      ? await context.countInstances(elementDb(context.store), element.id, caller.accountId)
      : 0
    return toExpandedMetadata(element, { instanceCount })
  })

  app.get('/elements/:keyOrId/authentication-types', { schema: { params: ElementParams } }, async (request) =>
    authenticationTypes((await elements.require(await reader(request), request.params.keyOrId)).element),
  )
  app.get(
    '/elements/:keyOrId/authentication-types/:type/configurations',
    { schema: { params: TypeParams } },
    async (request) => {
      const { element } = await elements.require(await reader(request), request.params.keyOrId)
      return authenticationConfigurations(element, request.params.type)
    },
  )

  // SDK packages were built by a service of the original's that is not part of the API (spec 10 §2.2)
  const noPackages = async (request: Request): Promise<never> => {
    await identify.caller(request)
    throw new ValenceError('PARAMETER_INVALID', 'client-sdks: Valence does not build SDK packages')
  }
  app.post('/elements/:keyOrId/client-sdks', noPackages)
  app.get('/elements/client-sdks/:packageId', noPackages)
  app.post('/elements/client-sdks/publish', noPackages)
}
