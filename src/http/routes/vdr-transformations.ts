import Type from 'typebox'
import type { ResourceContext } from '../../resources/resource-context.ts'
import { VdrTransformationBody } from '../../resources/vdrs/transformation-body.ts'
import {
  createVdrTransformation,
  listVdrTransformations,
  readVdrTransformationOf,
  removeVdrTransformation,
  updateVdrTransformation,
} from '../../resources/vdrs/write-vdr-transformation.ts'
import { answerDone, answerRemoved } from '../answer-done.ts'
import { answerItems } from '../answer-list.ts'
import type { App, Request } from '../app.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, NOTHING, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { idOf, isTrue, type Query, queryId, single } from '../query.ts'
import { MAX_RESOURCE_BODY } from '../resource-bodies.ts'
import { SYSTEM_ONLY } from './vdrs.ts'

const id = Type.String({ description: 'Id or name of the common resource' })
const params = Type.Object({ id })
const one = Type.Object({ id, transformationId: Type.String({ description: 'Id of the transformation' }) })
const options = { instanceId: Type.Integer({ description: 'Of instances only this one' }), systemOnly: SYSTEM_ONLY }
const Options = query(options)
const Body = openBody(Type.Partial(VdrTransformationBody, { title: 'VdrTransformationRequest' }))
const PARTLY =
  'Of levels that the caller may not write nothing is changed, which is no error: the header `Elements-Error` says what was ignored.'

/** How common resources are mapped to elements, all levels in one (spec 20 §6). */
export function vdrTransformationRoutes(
  app: App,
  { resourceContext: context, signer }: { resourceContext: ResourceContext; signer: TokenSigner },
): void {
  app.get(
    '/vdrs/:id/transformations',
    {
      config: { operation: 'vdrs.read' },
      schema: {
        summary: 'List transformations of a common resource',
        params,
        querystring: query({ ...PAGING, ...options }),
        response: { 200: arrayOf(VdrTransformationBody) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const found = await listVdrTransformations(context, callerOf(request), id, optionsOf(request))
      return answerItems(request, reply, `transformations of ${id}`, signer, found)
    },
  )
  app.post(
    '/vdrs/:id/transformations',
    {
      config: { operation: 'vdrTransformations.create' },
      bodyLimit: MAX_RESOURCE_BODY,
      schema: {
        summary: 'Map a common resource to an element',
        description: `Fields name one of the common resource by \`path\` or \`vdrFieldId\`. ${PARTLY}`,
        params,
        querystring: Options,
        body: Body,
        response: { 200: VdrTransformationBody },
      },
    },
    async (request, reply) =>
      answerDone(
        reply,
        createVdrTransformation(context, callerOf(request), request.params.id, request.body, optionsOf(request)),
      ),
  )
  app.get(
    '/vdrs/:id/transformations/:transformationId',
    {
      config: { operation: 'vdrs.read' },
      schema: {
        summary: 'Read a transformation',
        params: one,
        querystring: Options,
        response: { 200: VdrTransformationBody },
      },
    },
    async (request) => {
      const { id, transformationId } = request.params
      return readVdrTransformationOf(context, callerOf(request), id, idOf(transformationId), optionsOf(request))
    },
  )
  app.put(
    '/vdrs/:id/transformations/:transformationId',
    {
      config: { operation: 'vdrTransformations.update' },
      bodyLimit: MAX_RESOURCE_BODY,
      schema: {
        summary: 'Change a transformation',
        description: `What the body does not speak of stays. With \`instanceId\` other instances keep theirs. ${PARTLY}`,
        params: one,
        querystring: Options,
        body: Body,
        response: { 200: VdrTransformationBody },
      },
    },
    async (request, reply) => {
      const { id, transformationId } = request.params
      const [caller, options] = [callerOf(request), optionsOf(request)]
      const work = updateVdrTransformation(context, caller, id, idOf(transformationId), request.body, options)
      return answerDone(reply, work)
    },
  )
  app.delete(
    '/vdrs/:id/transformations/:transformationId',
    {
      config: { operation: 'vdrTransformations.delete' },
      schema: {
        summary: 'Delete a transformation',
        description: PARTLY,
        params: one,
        querystring: Options,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => {
      const { id, transformationId } = request.params
      const work = removeVdrTransformation(context, callerOf(request), id, idOf(transformationId), optionsOf(request))
      return answerRemoved(reply, work)
    },
  )
}

function optionsOf(request: Request) {
  const query = request.query as Query
  const instance = single(query['instanceId'])
  return {
    systemOnly: isTrue(query['systemOnly']),
    ...(instance === undefined || instance === '' ? {} : { instanceId: queryId('instanceId', instance) }),
  }
}
