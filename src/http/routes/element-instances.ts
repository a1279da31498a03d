import Type from 'typebox'
import { findInstance } from '../../instances/find.ts'
import { findTrace } from '../../instances/find-trace.ts'
import { InstanceBody, toInstanceBody } from '../../instances/instance-body.ts'
import type { ProvisionRequest } from '../../instances/provision-request.ts'
import { removeInstance } from '../../instances/remove.ts'
import { updateInstance } from '../../instances/update.ts'
import { createInstanceAnswers, type InstanceDoors } from '../answer-instances.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { ELEMENT, ElementParams, INSTANCE_ID } from '../openapi/common-parameters.ts'
import { NOTHING } from '../openapi/describe-route.ts'
import {
  DELETION,
  ElementInstanceFilter,
  InstanceList,
  NO_MATCH,
  Provision,
  UPDATE,
} from '../openapi/described-instances.ts'
import { callerOf } from '../operations.ts'
import { idOf } from '../query.ts'

const TraceParams = Type.Object({
  keyOrId: ELEMENT,
  traceId: Type.String({ description: '`Elements-Trace-Id` of the provisioning' }),
})
const ElementInstanceParams = Type.Object({ keyOrId: ELEMENT, id: INSTANCE_ID })
const Trace = Type.Unsafe<unknown>(
  Type.Record(Type.String(), Type.Unknown(), { description: 'Vendor calls by `METHOD:/path`, credentials masked' }),
)

/** The same below the element, which the body may then omit (spec 10 §4.2), and what provisioning wrote down (§5.9). */
export function elementInstanceRoutes(app: App, deps: InstanceDoors): void {
  const { context } = deps
  const { list, make } = createInstanceAnswers(deps)

  app.get(
    '/elements/:keyOrId/instances',
    {
      config: { operation: 'instances.list' },
      schema: {
        summary: 'List instances of an element',
        description: NO_MATCH,
        params: ElementParams,
        querystring: ElementInstanceFilter,
        response: { 200: InstanceList },
      },
    },
    (request, reply) => list(request, reply, { elementKeyOrId: request.params.keyOrId }),
  )
  app.post(
    '/elements/:keyOrId/instances',
    {
      config: { operation: 'instances.create' },
      schema: {
        summary: 'Provision an instance of an element',
        params: ElementParams,
        body: Provision,
        response: { 200: InstanceBody },
      },
    },
    (request, reply) => make(request, reply, request.params.keyOrId),
  )
  app.get(
    '/elements/:keyOrId/trace/:traceId',
    {
      config: { operation: 'traces.read' },
      schema: {
        summary: 'Read what was written down of a provisioning',
        params: TraceParams,
        response: { 200: Trace },
      },
    },
    async (request) => findTrace(context, callerOf(request), request.params.keyOrId, request.params.traceId),
  )
  app.get(
    '/elements/:keyOrId/instances/:id',
    {
      config: { operation: 'instances.read' },
      schema: {
        summary: 'Read an instance of an element',
        params: ElementInstanceParams,
        response: { 200: InstanceBody },
      },
    },
    async (request) => {
      const { id, keyOrId } = request.params
      return toInstanceBody(
        context,
        await findInstance(context, callerOf(request), 'instances.read', idOf(id), keyOrId),
      )
    },
  )
  app.route({
    method: ['PUT', 'PATCH'],
    url: '/elements/:keyOrId/instances/:id',
    config: { operation: 'instances.update' },
    schema: {
      summary: 'Change an instance of an element',
      description: UPDATE,
      params: ElementInstanceParams,
      body: Provision,
      response: { 200: InstanceBody },
    },
    handler: async (request) => {
      const { id, keyOrId } = request.params
      const caller = callerOf(request)
      return toInstanceBody(
        context,
        await updateInstance(context, caller, idOf(id), request.body as ProvisionRequest, keyOrId),
      )
    },
  })
  app.delete(
    '/elements/:keyOrId/instances/:id',
    {
      config: { operation: 'instances.delete' },
      schema: {
        summary: 'Delete an instance of an element',
        description: DELETION,
        params: ElementInstanceParams,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => {
      const { id, keyOrId } = request.params
      return empty(reply, removeInstance(context, callerOf(request), idOf(id), keyOrId))
    },
  )
}
