import Type from 'typebox'
import { CommonResourceBody } from '../../resources/common-resource-body.ts'
import {
  listCommonResources,
  readCommonResource,
  readUsages,
  removeCommonResource,
  renameCommonResource,
} from '../../resources/common-resources.ts'
import { FormulaUsage } from '../../resources/formula-usages.ts'
import type { ResourceContext } from '../../resources/resource-context.ts'
import { saveCommonResource } from '../../resources/save-common-resource.ts'
import { answerItems } from '../answer-list.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { OBJECT_NAME } from '../level-forms.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, flag, NOTHING, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { isTrue } from '../query.ts'
import { MAX_RESOURCE_BODY } from '../resource-bodies.ts'

const params = Type.Object({ name: OBJECT_NAME })
const field = {
  path: Type.String(),
  type: Type.Optional(Type.String()),
  associatedLevel: Type.Optional(Type.String({ description: '`organization` unless given, `account` or `instance`' })),
  associatedId: Type.Optional(Type.Integer({ description: 'Of an instance; other levels are the caller’s own' })),
}
const CommonResource = openBody(
  Type.Object({
    name: Type.String(),
    fields: Type.Array(Type.Object(field, { additionalProperties: true })),
    changedFields: Type.Optional(
      Type.Array(Type.Object({ ...field, oldPath: Type.String() }, { additionalProperties: true }), {
        description: 'Paths that transformations are to follow',
      }),
    ),
    elementInstanceIds: Type.Optional(
      Type.Array(Type.Integer(), { description: 'The instance of fields that name none, where it is one' }),
    ),
  }),
)
const NewName = openBody(Type.Object({ name: Type.String({ description: 'The new name' }) }))
const Usages = Type.Object({ formulaUsages: Type.Array(FormulaUsage) }, { title: 'CommonResourceUsages' })
const Force = query({ force: flag('`true`: its transformations as well') })

/** Common resources over all levels at once (spec 20 §5). */
export function commonResourceRoutes(
  app: App,
  { resourceContext: context, signer }: { resourceContext: ResourceContext; signer: TokenSigner },
): void {
  const read = { operation: 'commonResources.read' as const }

  app.get(
    '/common-resources',
    {
      config: read,
      schema: {
        summary: 'List common resources',
        querystring: query({ ...PAGING }),
        response: { 200: arrayOf(CommonResourceBody) },
      },
    },
    async (request, reply) => {
      const found = await listCommonResources(context, callerOf(request))
      return answerItems(request, reply, 'common-resources', signer, found)
    },
  )
  app.put(
    '/common-resources',
    {
      config: { operation: 'commonResources.save' },
      bodyLimit: MAX_RESOURCE_BODY,
      schema: {
        summary: 'Make or change a common resource',
        description: 'By name. Fields that the list lacks are removed.',
        body: CommonResource,
        response: { 200: CommonResourceBody },
      },
    },
    async (request) => saveCommonResource(context, callerOf(request), request.body),
  )
  app.get(
    '/common-resources/:name',
    { config: read, schema: { summary: 'Read a common resource', params, response: { 200: CommonResourceBody } } },
    async (request) => readCommonResource(context, callerOf(request), request.params.name),
  )
  app.patch(
    '/common-resources/:name',
    {
      config: { operation: 'commonResources.update' },
      schema: {
        summary: 'Rename a common resource',
        params,
        body: NewName,
        response: { 200: CommonResourceBody },
      },
    },
    async (request) => renameCommonResource(context, callerOf(request), request.params.name, request.body),
  )
  app.delete(
    '/common-resources/:name',
    {
      config: { operation: 'commonResources.delete' },
      schema: {
        summary: 'Delete a common resource',
        description: '409 while it is mapped.',
        params,
        querystring: Force,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => {
      const force = isTrue(request.query['force'])
      return empty(reply, removeCommonResource(context, callerOf(request), request.params.name, { force }))
    },
  )
  app.get(
    '/common-resources/:name/usages',
    {
      config: read,
      schema: { summary: 'List what uses a common resource', params, response: { 200: Usages } },
    },
    async (request) => readUsages(context, callerOf(request), request.params.name),
  )
}
