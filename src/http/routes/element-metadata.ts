import Type from 'typebox'
import { authenticationConfigurations, authenticationTypes } from '../../elements/authentication-types.ts'
import { toExpandedMetadata, toMetadata } from '../../elements/describe-element.ts'
import type { ElementContext } from '../../elements/element-context.ts'
import { elementDb } from '../../elements/element-table.ts'
import { fitting, showElements } from '../../elements/list-elements.ts'
import { ValenceError } from '../../errors.ts'
import type { Element } from '../../model/element.ts'
import type { App } from '../app.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { isTrue, type Query } from '../query.ts'

const ElementParams = Type.Object({ keyOrId: Type.String() })
const TypeParams = Type.Object({ keyOrId: Type.String(), type: Type.String() })

/** What an element says about itself (spec 10 §2.8) and how one signs in to it (§2.2). */
export function elementMetadataRoutes(
  app: App,
  { elementContext: context, signer }: { elementContext: ElementContext; signer: TokenSigner },
): void {
  const { elements } = context

  app.get('/elements/metadata', { config: { operation: 'elements.read' } }, async (request, reply) => {
    const found = { lines: await elements.list(request.caller), abridged: false }
    const page = readListPage(request.query as Query, 'elements/metadata', {}, signer, reply)
    const lines = pageInMemory(found.lines, page, 'elements/metadata', signer, reply, fitting(found))
    return (await showElements({ ...found, lines })).map((element) => toMetadata(element as Element))
  })
  app.get(
    '/elements/:keyOrId/metadata',
    { config: { operation: 'elements.read' }, schema: { params: ElementParams } },
    async (request) => {
      const caller = request.caller
      const { element } = await elements.require(caller, request.params.keyOrId)
      if (!isTrue((request.query as Query)['expand'])) return toMetadata(element)
      const instanceCount = caller
        ? await context.countInstances(elementDb(context.store), element.id, caller.accountId)
        : 0
      return toExpandedMetadata(element, { instanceCount })
    },
  )

  app.get(
    '/elements/:keyOrId/authentication-types',
    { config: { operation: 'elements.read' }, schema: { params: ElementParams } },
    async (request) => authenticationTypes((await elements.require(request.caller, request.params.keyOrId)).element),
  )
  app.get(
    '/elements/:keyOrId/authentication-types/:type/configurations',
    { config: { operation: 'elements.read' }, schema: { params: TypeParams } },
    async (request) => {
      const { element } = await elements.require(request.caller, request.params.keyOrId)
      return authenticationConfigurations(element, request.params.type)
    },
  )

  // SDK packages were built by a service of the original's that is not part of the API (spec 10 §2.2)
  const noPackages = async (): Promise<never> => {
    throw new ValenceError('PARAMETER_INVALID', 'client-sdks: Valence does not build SDK packages')
  }
  app.post('/elements/:keyOrId/client-sdks', { config: { operation: 'elements.packages' } }, noPackages)
  app.get('/elements/client-sdks/:packageId', { config: { operation: 'elements.packages' } }, noPackages)
  app.post('/elements/client-sdks/publish', { config: { operation: 'elements.packages' } }, noPackages)
}
