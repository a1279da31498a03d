import Type from 'typebox'
import {
  findConfigurationRow,
  listConfigurationRows,
  updateConfigurationRow,
} from '../../instances/configuration-rows.ts'
import type { InstanceContext } from '../../instances/context.ts'
import { findInstance } from '../../instances/find.ts'
import { findTrace } from '../../instances/find-trace.ts'
import { toInstanceBody, toSlimBody } from '../../instances/instance-body.ts'
import { countInstances, listInstances } from '../../instances/list.ts'
import { provisionTraced } from '../../instances/provision.ts'
import type { ProvisionRequest } from '../../instances/provision-request.ts'
import { removeInstance } from '../../instances/remove.ts'
import { setEnabled } from '../../instances/set-enabled.ts'
import { setTraceLogging } from '../../instances/trace-logging.ts'
import { updateInstance } from '../../instances/update.ts'
import type { App, Reply, Request } from '../app.ts'
import { empty } from '../empty-reply.ts'
import type { Identify } from '../identify.ts'
import { callerOf } from '../operations.ts'
import { addListHeaders, readListPage, type TokenSigner } from '../paging.ts'
import { idOf, isFalse, listOf, type Query, single } from '../query.ts'

const IdParams = Type.Object({ id: Type.String() })
const RowParams = Type.Object({ id: Type.String(), rowId: Type.String() })
const OwnRowParams = Type.Object({ rowId: Type.String() })
const ElementParams = Type.Object({ keyOrId: Type.String() })
const TraceParams = Type.Object({ keyOrId: Type.String(), traceId: Type.String() })
const ElementInstanceParams = Type.Object({ keyOrId: Type.String(), id: Type.String() })
/** Members are read and explained by `instances/provision.ts`; unknown ones are ignored (spec 10 §4.3). */
const OpenBody = Type.Record(Type.String(), Type.Unknown())

/** Instances by id, by token, and below their element (spec 10 §4.2). */
export function instanceRoutes(
  app: App,
  deps: { context: InstanceContext; identify: Identify; signer: TokenSigner },
): void {
  const { context, identify, signer } = deps

  const list = async (request: Request, reply: Reply, elementKeyOrId?: string) => {
    const caller = callerOf(request)
    const query = request.query as Query
    const filter = {
      tags: listOf(query, 'tags'),
      elementKeys:
        elementKeyOrId === undefined
          ? listOf(query, 'elementKeys')
          : [String((await context.elements.require(caller, elementKeyOrId)).element.id)],
      searchText: single(query['searchText']) ?? '',
    }
    const name = `instances of account ${caller.accountId}`
    const page = readListPage(query, name, filter, signer, reply)
    const found = await listInstances(context, caller, { ...page.filter, ...page })
    addListHeaders(
      reply,
      { returned: found.instances.length, total: found.total, next: found.next },
      name,
      page,
      signer,
    )
    const isSlim = isFalse(query['hydrate'])
    return found.instances.map((instance) => (isSlim ? toSlimBody(instance) : toInstanceBody(instance)))
  }

  const make = async (request: Request, reply: Reply, elementKeyOrId?: string) => {
    const caller = callerOf(request)
    const body = request.body as ProvisionRequest
    const { instance, traceId } = await provisionTraced(context, caller, body, elementKeyOrId)
    if (traceId !== undefined) reply.header('elements-trace-id', traceId)
    return toInstanceBody(instance)
  }

  app.get('/instances', { config: { operation: 'instances.list' } }, (request, reply) => list(request, reply))
  app.get('/instances/count', { config: { operation: 'instances.list' } }, async (request) =>
    countInstances(context, callerOf(request)),
  )
  app.post('/instances', { config: { operation: 'instances.create' }, schema: { body: OpenBody } }, make)

  app.get(
    '/instances/:id',
    { config: { operation: 'instances.read' }, schema: { params: IdParams } },
    async (request) =>
      toInstanceBody(await findInstance(context, callerOf(request), 'instances.read', idOf(request.params.id))),
  )
  app.route({
    method: ['PUT', 'PATCH'],
    url: '/instances/:id',
    config: { operation: 'instances.update' },
    schema: { params: IdParams, body: OpenBody },
    handler: async (request) =>
      toInstanceBody(
        await updateInstance(context, callerOf(request), idOf(request.params.id), request.body as ProvisionRequest),
      ),
  })
  app.delete(
    '/instances/:id',
    { config: { operation: 'instances.delete' }, schema: { params: IdParams } },
    async (request, reply) => empty(reply, removeInstance(context, callerOf(request), idOf(request.params.id))),
  )
  app.put(
    '/instances/:id/enabled',
    { config: { operation: 'instances.switch' }, schema: { params: IdParams } },
    async (request, reply) => empty(reply, setEnabled(context, callerOf(request), idOf(request.params.id), true)),
  )
  app.delete(
    '/instances/:id/enabled',
    { config: { operation: 'instances.switch' }, schema: { params: IdParams } },
    async (request, reply) => empty(reply, setEnabled(context, callerOf(request), idOf(request.params.id), false)),
  )
  app.put(
    '/instances/:id/trace-logging',
    { config: { operation: 'instances.switch' }, schema: { params: IdParams } },
    async (request, reply) =>
      empty(reply, setTraceLogging(context, callerOf(request), idOf(request.params.id), durationIn(request.body))),
  )
  app.delete(
    '/instances/:id/trace-logging',
    { config: { operation: 'instances.switch' }, schema: { params: IdParams } },
    async (request, reply) => empty(reply, setTraceLogging(context, callerOf(request), idOf(request.params.id), 0)),
  )
  app.get(
    '/instances/:id/configuration',
    { config: { operation: 'instances.read' }, schema: { params: IdParams } },
    async (request) => listConfigurationRows(context, callerOf(request), idOf(request.params.id)),
  )
  app.get(
    '/instances/:id/configuration/:rowId',
    { config: { operation: 'instances.read' }, schema: { params: RowParams } },
    async (request) => findConfigurationRow(context, callerOf(request), idOf(request.params.id), request.params.rowId),
  )
  app.patch(
    '/instances/:id/configuration/:rowId',
    { config: { operation: 'instances.configure' }, schema: { params: RowParams, body: OpenBody } },
    async (request) =>
      updateConfigurationRow(context, callerOf(request), idOf(request.params.id), request.params.rowId, request.body),
  )

  // the same by token: the instance is the one of the Element pair
  app.route({
    method: ['PUT', 'PATCH'],
    url: '/instances',
    config: { operation: 'instances.update' },
    schema: { body: OpenBody },
    handler: async (request) => {
      const { caller, instance } = await identify.callerWithInstance(request)
      return toInstanceBody(await updateInstance(context, caller, instance.id, request.body as ProvisionRequest))
    },
  })
  app.delete('/instances', { config: { operation: 'instances.delete' } }, async (request, reply) => {
    const { caller, instance } = await identify.callerWithInstance(request)
    return empty(reply, removeInstance(context, caller, instance.id))
  })
  app.put('/instances/enabled', { config: { operation: 'instances.switch' } }, async (request, reply) => {
    const { caller, instance } = await identify.callerWithInstance(request)
    return empty(reply, setEnabled(context, caller, instance.id, true))
  })
  app.delete('/instances/enabled', { config: { operation: 'instances.switch' } }, async (request, reply) => {
    const { caller, instance } = await identify.callerWithInstance(request)
    return empty(reply, setEnabled(context, caller, instance.id, false))
  })
  app.put('/instances/trace-logging', { config: { operation: 'instances.switch' } }, async (request, reply) => {
    const { caller, instance } = await identify.callerWithInstance(request)
    return empty(reply, setTraceLogging(context, caller, instance.id, durationIn(request.body)))
  })
  app.delete('/instances/trace-logging', { config: { operation: 'instances.switch' } }, async (request, reply) => {
    const { caller, instance } = await identify.callerWithInstance(request)
    return empty(reply, setTraceLogging(context, caller, instance.id, 0))
  })
  app.get('/instances/configuration', { config: { operation: 'instances.read' } }, async (request) => {
    const { caller, instance } = await identify.callerWithInstance(request)
    return listConfigurationRows(context, caller, instance.id)
  })
  app.get(
    '/instances/configuration/:rowId',
    { config: { operation: 'instances.read' }, schema: { params: OwnRowParams } },
    async (request) => {
      const { caller, instance } = await identify.callerWithInstance(request)
      return findConfigurationRow(context, caller, instance.id, request.params.rowId)
    },
  )
  app.patch(
    '/instances/configuration/:rowId',
    { config: { operation: 'instances.configure' }, schema: { params: OwnRowParams, body: OpenBody } },
    async (request) => {
      const { caller, instance } = await identify.callerWithInstance(request)
      return updateConfigurationRow(context, caller, instance.id, request.params.rowId, request.body)
    },
  )

  // the same below the element, which the body may then omit
  app.get(
    '/elements/:keyOrId/instances',
    { config: { operation: 'instances.list' }, schema: { params: ElementParams } },
    (request, reply) => list(request, reply, request.params.keyOrId),
  )
  app.post(
    '/elements/:keyOrId/instances',
    { config: { operation: 'instances.create' }, schema: { params: ElementParams, body: OpenBody } },
    (request, reply) => make(request, reply, request.params.keyOrId),
  )
  app.get(
    '/elements/:keyOrId/trace/:traceId',
    { config: { operation: 'traces.read' }, schema: { params: TraceParams } },
    async (request) => findTrace(context, callerOf(request), request.params.keyOrId, request.params.traceId),
  )
  app.get(
    '/elements/:keyOrId/instances/:id',
    { config: { operation: 'instances.read' }, schema: { params: ElementInstanceParams } },
    async (request) => {
      const { id, keyOrId } = request.params
      return toInstanceBody(await findInstance(context, callerOf(request), 'instances.read', idOf(id), keyOrId))
    },
  )
  app.route({
    method: ['PUT', 'PATCH'],
    url: '/elements/:keyOrId/instances/:id',
    config: { operation: 'instances.update' },
    schema: { params: ElementInstanceParams, body: OpenBody },
    handler: async (request) => {
      const { id, keyOrId } = request.params
      const caller = callerOf(request)
      return toInstanceBody(await updateInstance(context, caller, idOf(id), request.body as ProvisionRequest, keyOrId))
    },
  })
  app.delete(
    '/elements/:keyOrId/instances/:id',
    { config: { operation: 'instances.delete' }, schema: { params: ElementInstanceParams } },
    async (request, reply) => {
      const { id, keyOrId } = request.params
      return empty(reply, removeInstance(context, callerOf(request), idOf(id), keyOrId))
    },
  )
}

/** The body of a switch is optional (spec 41 §10). */
function durationIn(body: unknown): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)['duration'] : undefined
}
