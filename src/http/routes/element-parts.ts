import Type, { type Static } from 'typebox'
import type { ElementContext } from '../../elements/element-context.ts'
import {
  createPart,
  listParts,
  type PartPath,
  readPart,
  removePart,
  replacePart,
} from '../../elements/element-parts.ts'
import type { Part } from '../../elements/part-kinds.ts'
import { upsertConfiguration, upsertModelFields, upsertModels } from '../../elements/upsert-parts.ts'
import type { App } from '../app.ts'
import { catalogReader } from '../catalog-reader.ts'
import { empty } from '../empty-reply.ts'
import type { Identify } from '../identify.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { isTrue, type Query } from '../query.ts'

/** Lists of parts with the same five verbs (spec 10 §2.2): members from the element down. */
const LISTS: readonly PartPath[] = [
  ['configuration'],
  ['parameters'],
  ['hooks'],
  ['resources'],
  ['resources', 'parameters'],
  ['resources', 'hooks'],
  ['objects'],
  ['objects', 'fields'],
  ['models'],
]

/** Of the element, of the resource or object that owns the part, of the part itself. */
const PartParams = Type.Object({
  keyOrId: Type.String(),
  owner: Type.Optional(Type.String()),
  part: Type.Optional(Type.String()),
})
type Params = Static<typeof PartParams>

const OpenBody = Type.Record(Type.String(), Type.Unknown())
const OneOrMore = Type.Union([OpenBody, Type.Array(OpenBody)])

/** Configuration, parameters, hooks, resources, objects and models of an element (spec 10 §2.2, §2.5). */
export function elementPartRoutes(
  app: App,
  {
    elementContext: context,
    identify,
    signer,
  }: { elementContext: ElementContext; identify: Identify; signer: TokenSigner },
): void {
  const reader = catalogReader(identify, context.authorize, 'elements.read')
  const schema = { params: PartParams }
  const withBody = { params: PartParams, body: OpenBody }

  for (const members of LISTS) {
    const [first = '', inner] = members
    const list = `/elements/:keyOrId/${first}${inner ? `/:owner/${inner}` : ''}`
    const pathOf = ({ owner = '', part }: Params): PartPath =>
      [first, ...(inner ? [owner, inner] : []), part].filter((step) => step !== undefined)

    app.get(list, { schema }, async (request, reply) => {
      const caller = await reader(request)
      const { params } = request
      const parts = await listParts(context, caller, params.keyOrId, pathOf(params))
      const isWanted = (part: Part) => part['ownerAccountId'] === caller?.accountId
      const accountOnly = isTrue((request.query as Query)['accountOnly'])
      const name = `${members.join('/')} of ${params.keyOrId} ${params.owner ?? ''} ${accountOnly}`
      const page = readListPage(request.query as Query, name, {}, signer, reply)
      return pageInMemory(accountOnly ? parts.filter(isWanted) : parts, page, name, signer, reply)
    })
    app.post(list, { schema: withBody }, async (request) => {
      const { params } = request
      return createPart(context, await identify.caller(request), params.keyOrId, pathOf(params), request.body)
    })
    partRoutes(`${list}/:part`, pathOf)
  }

  // one model for each resource, without an id of its own (spec 10 §2.2)
  const model = '/elements/:keyOrId/resources/:owner/models'
  const modelPath = ({ owner = '' }: Params): PartPath => ['resources', owner, 'model']
  app.post(model, { schema: withBody }, async (request) => {
    const { params } = request
    return createPart(context, await identify.caller(request), params.keyOrId, modelPath(params), request.body)
  })
  partRoutes(model, modelPath)

  app.put('/elements/:keyOrId/configurations', { schema: { ...schema, body: OneOrMore } }, async (request) =>
    upsertConfiguration(context, await identify.caller(request), request.params.keyOrId, request.body),
  )
  app.put('/elements/:keyOrId/models', { schema: { ...schema, body: OneOrMore } }, async (request) =>
    upsertModels(context, await identify.caller(request), request.params.keyOrId, request.body),
  )
  app.put('/elements/:keyOrId/models/:part/fields', { schema: { ...schema, body: OneOrMore } }, async (request) => {
    const { keyOrId, part = '' } = request.params
    return upsertModelFields(context, await identify.caller(request), keyOrId, part, request.body)
  })

  function partRoutes(url: string, pathOf: (params: Params) => PartPath): void {
    app.get(url, { schema }, async (request) => {
      const { params } = request
      return readPart(context, await reader(request), params.keyOrId, pathOf(params))
    })
    app.put(url, { schema: withBody }, async (request) => {
      const { params } = request
      return replacePart(context, await identify.caller(request), params.keyOrId, pathOf(params), request.body)
    })
    app.delete(url, { schema }, async (request, reply) => {
      const { params } = request
      return empty(reply, removePart(context, await identify.caller(request), params.keyOrId, pathOf(params)))
    })
  }
}
