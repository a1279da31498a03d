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
import { empty } from '../empty-reply.ts'
import { callerOf } from '../operations.ts'
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
  { elementContext: context, signer }: { elementContext: ElementContext; signer: TokenSigner },
): void {
  const reading = { config: { operation: 'elements.read' as const }, schema: { params: PartParams } }
  const editing = { config: { operation: 'elements.update' as const }, schema: { params: PartParams } }
  const writing = { ...editing, schema: { params: PartParams, body: OpenBody } }
  const upserting = { ...editing, schema: { params: PartParams, body: OneOrMore } }

  for (const members of LISTS) {
    const [first = '', inner] = members
    const list = `/elements/:keyOrId/${first}${inner ? `/:owner/${inner}` : ''}`
    const pathOf = ({ owner = '', part }: Params): PartPath =>
      [first, ...(inner ? [owner, inner] : []), part].filter((step) => step !== undefined)

    app.get(list, reading, async (request, reply) => {
      const caller = request.caller
      const { params } = request
      const parts = await listParts(context, caller, params.keyOrId, pathOf(params))
      const isWanted = (part: Part) => part['ownerAccountId'] === caller?.accountId
      const accountOnly = isTrue((request.query as Query)['accountOnly'])
      const name = `${members.join('/')} of ${params.keyOrId} ${params.owner ?? ''} ${accountOnly}`
      const page = readListPage(request.query as Query, name, {}, signer, reply)
      return pageInMemory(accountOnly ? parts.filter(isWanted) : parts, page, name, signer, reply)
    })
    app.post(list, writing, async (request) => {
      const { params } = request
      return createPart(context, callerOf(request), params.keyOrId, pathOf(params), request.body)
    })
    partRoutes(`${list}/:part`, pathOf)
  }

  // one model for each resource, without an id of its own (spec 10 §2.2)
  const model = '/elements/:keyOrId/resources/:owner/models'
  const modelPath = ({ owner = '' }: Params): PartPath => ['resources', owner, 'model']
  app.post(model, writing, async (request) => {
    const { params } = request
    return createPart(context, callerOf(request), params.keyOrId, modelPath(params), request.body)
  })
  partRoutes(model, modelPath)

  app.put('/elements/:keyOrId/configurations', upserting, async (request) =>
    upsertConfiguration(context, callerOf(request), request.params.keyOrId, request.body),
  )
  app.put('/elements/:keyOrId/models', upserting, async (request) =>
    upsertModels(context, callerOf(request), request.params.keyOrId, request.body),
  )
  app.put('/elements/:keyOrId/models/:part/fields', upserting, async (request) => {
    const { keyOrId, part = '' } = request.params
    return upsertModelFields(context, callerOf(request), keyOrId, part, request.body)
  })

  function partRoutes(url: string, pathOf: (params: Params) => PartPath): void {
    app.get(url, reading, async (request) => {
      const { params } = request
      return readPart(context, request.caller, params.keyOrId, pathOf(params))
    })
    app.put(url, writing, async (request) => {
      const { params } = request
      return replacePart(context, callerOf(request), params.keyOrId, pathOf(params), request.body)
    })
    app.delete(url, editing, async (request, reply) => {
      const { params } = request
      return empty(reply, removePart(context, callerOf(request), params.keyOrId, pathOf(params)))
    })
  }
}
