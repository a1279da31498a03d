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
import { ConfigurationRow, Element, ElementField, ElementModel } from '../../model/element.ts'
import { answerItems } from '../answer-list.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { ELEMENT, PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, flag, NOTHING, query } from '../openapi/describe-route.ts'
import { type DescribedPart, oneOrMore, PART_LISTS, RESOURCE_MODEL } from '../openapi/described-parts.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { isTrue } from '../query.ts'

const PartParams = Type.Object({
  keyOrId: ELEMENT,
  owner: Type.Optional(Type.String({ description: 'Id of the resource or object that the part belongs to' })),
  part: Type.Optional(Type.String({ description: 'Id of the part; of a configuration row its key' })),
})
type Params = Static<typeof PartParams>

const PartFilter = query({
  ...PAGING,
  accountOnly: flag('`true`: only what the own account added to a shipped element'),
})
const SHIPPED =
  'Of a shipped element an account adds and changes resources only, its own ones; everything else of it answers 404.'

/** Configuration, parameters, hooks, resources, objects and models of an element (spec 10 §2.2, §2.5). */
export function elementPartRoutes(
  app: App,
  { elementContext: context, signer }: { elementContext: ElementContext; signer: TokenSigner },
): void {
  const read = { operation: 'elements.read' as const }
  const edit = { operation: 'elements.update' as const }
  const params = PartParams

  for (const list of PART_LISTS) {
    const { members, plural, answer } = list
    const [first = '', inner] = members
    const url = `/elements/:keyOrId/${first}${inner ? `/:owner/${inner}` : ''}`
    const pathOf = ({ owner = '', part }: Params): PartPath =>
      [first, ...(inner ? [owner, inner] : []), part].filter((step) => step !== undefined)

    app.get(
      url,
      {
        config: read,
        schema: { summary: `List ${plural}`, params, querystring: PartFilter, response: { 200: arrayOf(answer) } },
      },
      async (request, reply) => {
        const caller = request.caller
        const { params } = request
        const parts = await listParts(context, caller, params.keyOrId, pathOf(params))
        const isWanted = (part: Part) => part['ownerAccountId'] === caller?.accountId
        const accountOnly = isTrue(request.query['accountOnly'])
        const name = `${members.join('/')} of ${params.keyOrId} ${params.owner ?? ''} ${accountOnly}`
        return answerItems(request, reply, name, signer, accountOnly ? parts.filter(isWanted) : parts)
      },
    )
    addRoute(url, list, pathOf)
    partRoutes(`${url}/:part`, list, pathOf)
  }

  // one model for each resource, without an id of its own (spec 10 §2.2)
  const model = '/elements/:keyOrId/resources/:owner/models'
  const modelPath = ({ owner = '' }: Params): PartPath => ['resources', owner, 'model']
  addRoute(model, RESOURCE_MODEL, modelPath)
  partRoutes(model, RESOURCE_MODEL, modelPath)

  app.put(
    '/elements/:keyOrId/configurations',
    {
      config: edit,
      schema: {
        summary: 'Make or change configuration rows',
        description:
          'By key. The body is a list of rows, or a whole element; of a shipped element, for the own account.',
        params,
        body: oneOrMore(ConfigurationRow),
        response: { 200: Element },
      },
    },
    async (request) => upsertConfiguration(context, callerOf(request), request.params.keyOrId, request.body),
  )
  app.put(
    '/elements/:keyOrId/models',
    {
      config: edit,
      schema: {
        summary: 'Make or change models',
        description: 'By id or name. The answer is in the shape of the body.',
        params,
        body: oneOrMore(ElementModel),
        response: { 200: Type.Unsafe<unknown>(Type.Union([ElementModel, Type.Array(ElementModel)])) },
      },
    },
    async (request) => upsertModels(context, callerOf(request), request.params.keyOrId, request.body),
  )
  app.put(
    '/elements/:keyOrId/models/:part/fields',
    {
      config: edit,
      schema: {
        summary: 'Make or change fields of a model',
        description: 'By id, then by name.',
        params,
        body: oneOrMore(ElementField),
        response: { 200: Type.Unsafe<Part>(ElementModel) },
      },
    },
    async (request) => {
      const { keyOrId, part = '' } = request.params
      return upsertModelFields(context, callerOf(request), keyOrId, part, request.body)
    },
  )

  function addRoute(url: string, { noun, answer, body }: DescribedPart, pathOf: (params: Params) => PartPath): void {
    app.post(
      url,
      {
        config: edit,
        schema: { summary: `Add ${noun}`, description: SHIPPED, params, body, response: { 200: answer } },
      },
      async (request) => {
        const { params } = request
        return createPart(context, callerOf(request), params.keyOrId, pathOf(params), request.body)
      },
    )
  }

  function partRoutes(url: string, { noun, answer, body }: DescribedPart, pathOf: (params: Params) => PartPath): void {
    app.get(
      url,
      { config: read, schema: { summary: `Read ${noun}`, params, response: { 200: answer } } },
      async (request) => {
        const { params } = request
        return readPart(context, request.caller, params.keyOrId, pathOf(params))
      },
    )
    app.put(
      url,
      {
        config: edit,
        schema: {
          summary: `Change ${noun}`,
          description: `Members that the body lacks stay. ${SHIPPED}`,
          params,
          body,
          response: { 200: answer },
        },
      },
      async (request) => {
        const { params } = request
        return replacePart(context, callerOf(request), params.keyOrId, pathOf(params), request.body)
      },
    )
    app.delete(
      url,
      {
        config: edit,
        schema: { summary: `Delete ${noun}`, description: SHIPPED, params, response: { 200: NOTHING } },
      },
      async (request, reply) => {
        const { params } = request
        return empty(reply, removePart(context, callerOf(request), params.keyOrId, pathOf(params)))
      },
    )
  }
}
