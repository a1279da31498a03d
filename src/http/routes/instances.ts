import Type from 'typebox'
import {
  ConfigurationRowBody,
  findConfigurationRow,
  listConfigurationRows,
  updateConfigurationRow,
} from '../../instances/configuration-rows.ts'
import type { InstanceContext } from '../../instances/context.ts'
import { findInstance } from '../../instances/find.ts'
import { findTrace } from '../../instances/find-trace.ts'
import { InstanceBody, SlimInstance, toInstanceBody, toSlimBody } from '../../instances/instance-body.ts'
import { countInstances, InstanceCount, listAccountInstances, listInstances } from '../../instances/list.ts'
import { provisionTraced } from '../../instances/provision.ts'
import { InstanceRequest, type ProvisionRequest } from '../../instances/provision-request.ts'
import { removeInstance } from '../../instances/remove.ts'
import { setEnabled } from '../../instances/set-enabled.ts'
import { setTraceLogging } from '../../instances/trace-logging.ts'
import { updateInstance } from '../../instances/update.ts'
import type { App, Reply, Request } from '../app.ts'
import { empty } from '../empty-reply.ts'
import type { Identify } from '../identify.ts'
import { ACCOUNT_ID, ELEMENT, ElementParams, INSTANCE_ID, PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, flag, NOTHING, openBody, query, texts, uncheckedBody } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { addListHeaders, readListPage, type TokenSigner } from '../paging.ts'
import { idOf, isFalse, listOf, type Query, single } from '../query.ts'

const ROW = Type.String({ description: 'Id or key of the configuration value' })
const IdParams = Type.Object({ id: INSTANCE_ID })
const RowParams = Type.Object({ id: INSTANCE_ID, rowId: ROW })
const OwnRowParams = Type.Object({ rowId: ROW })
const TraceParams = Type.Object({
  keyOrId: ELEMENT,
  traceId: Type.String({ description: '`Elements-Trace-Id` of the provisioning' }),
})
const ElementInstanceParams = Type.Object({ keyOrId: ELEMENT, id: INSTANCE_ID })

const FILTER = {
  'tags[]': texts('Tags that an instance must have, all of them'),
  searchText: Type.String({ description: 'Part of the name or of the key of the element, in any case' }),
  hydrate: flag('`false` answers short objects'),
}
const InstanceFilter = query({ ...PAGING, ...FILTER, 'elementKeys[]': texts('Keys or ids of elements, any of them') })
const InstanceList = arrayOf(Type.Union([InstanceBody, SlimInstance]))
const NO_MATCH = 'Of the own account, by id. 404 when there is none.'

/** Members are read and explained by `instances/provision.ts`; unknown ones are ignored (spec 10 §4.3). */
const Provision = openBody(InstanceRequest)
const UPDATE =
  'Members that are left out stay. New credentials or another element take the way of provisioning again; id and token stay.'
const DELETION = 'Its token is worthless at once; what the vendor answers to the clean-up changes nothing.'
const Value = openBody(
  Type.Object({
    propertyValue: Type.Unknown({ description: 'Text, a number or a switch; null brings the default back' }),
  }),
)
const Duration = uncheckedBody(
  {
    'application/json': Type.Object({
      duration: Type.Integer({ description: 'Minutes, 30 when absent, at most a day' }),
    }),
  },
  { required: false },
)
const Trace = Type.Unsafe<unknown>(
  Type.Record(Type.String(), Type.Unknown(), { description: 'Vendor calls by `METHOD:/path`, credentials masked' }),
)

/** Instances by id, by token, below their element (spec 10 §4.2) and below their account (50 §4). */
export function instanceRoutes(
  app: App,
  deps: { context: InstanceContext; identify: Identify; signer: TokenSigner },
): void {
  const { context, identify, signer } = deps

  const list = async (
    request: Request,
    reply: Reply,
    { elementKeyOrId, accountId }: { elementKeyOrId?: string; accountId?: number } = {},
  ) => {
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
    const name = `instances of account ${accountId ?? caller.accountId}`
    const page = readListPage(query, name, filter, signer, reply)
    const asked = { ...page.filter, ...page }
    const found =
      accountId === undefined
        ? await listInstances(context, caller, asked)
        : await listAccountInstances(context, caller, accountId, asked)
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

  app.get(
    '/instances',
    {
      config: { operation: 'instances.list' },
      schema: {
        summary: 'List instances',
        description: NO_MATCH,
        querystring: InstanceFilter,
        response: { 200: InstanceList },
      },
    },
    (request, reply) => list(request, reply),
  )
  app.get(
    '/accounts/instances',
    {
      config: { operation: 'accounts.instances' },
      schema: {
        summary: 'List instances of the own account',
        description: NO_MATCH,
        querystring: InstanceFilter,
        response: { 200: InstanceList },
      },
    },
    (request, reply) => list(request, reply, { accountId: callerOf(request).accountId }),
  )
  app.get(
    '/accounts/:id/instances',
    {
      config: { operation: 'accounts.instances' },
      schema: {
        summary: 'List instances of an account',
        description: 'By id. 404 when there is none.',
        params: Type.Object({ id: ACCOUNT_ID }),
        querystring: InstanceFilter,
        response: { 200: InstanceList },
      },
    },
    (request, reply) => list(request, reply, { accountId: idOf(request.params.id) }),
  )
  app.get(
    '/instances/count',
    {
      config: { operation: 'instances.list' },
      schema: { summary: 'Count instances', response: { 200: InstanceCount } },
    },
    async (request) => countInstances(context, callerOf(request)),
  )
  app.post(
    '/instances',
    {
      config: { operation: 'instances.create' },
      schema: { summary: 'Provision an instance', body: Provision, response: { 200: InstanceBody } },
    },
    make,
  )

  app.get(
    '/instances/:id',
    {
      config: { operation: 'instances.read' },
      schema: { summary: 'Read an instance', params: IdParams, response: { 200: InstanceBody } },
    },
    async (request) =>
      toInstanceBody(await findInstance(context, callerOf(request), 'instances.read', idOf(request.params.id))),
  )
  app.route({
    method: ['PUT', 'PATCH'],
    url: '/instances/:id',
    config: { operation: 'instances.update' },
    schema: {
      summary: 'Change an instance',
      description: UPDATE,
      params: IdParams,
      body: Provision,
      response: { 200: InstanceBody },
    },
    handler: async (request) =>
      toInstanceBody(
        await updateInstance(context, callerOf(request), idOf(request.params.id), request.body as ProvisionRequest),
      ),
  })
  app.delete(
    '/instances/:id',
    {
      config: { operation: 'instances.delete' },
      schema: { summary: 'Delete an instance', description: DELETION, params: IdParams, response: { 200: NOTHING } },
    },
    async (request, reply) => empty(reply, removeInstance(context, callerOf(request), idOf(request.params.id))),
  )
  app.put(
    '/instances/:id/enabled',
    {
      config: { operation: 'instances.switch' },
      schema: { summary: 'Enable an instance', params: IdParams, response: { 200: NOTHING } },
    },
    async (request, reply) => empty(reply, setEnabled(context, callerOf(request), idOf(request.params.id), true)),
  )
  app.delete(
    '/instances/:id/enabled',
    {
      config: { operation: 'instances.switch' },
      schema: { summary: 'Disable an instance', params: IdParams, response: { 200: NOTHING } },
    },
    async (request, reply) => empty(reply, setEnabled(context, callerOf(request), idOf(request.params.id), false)),
  )
  app.put(
    '/instances/:id/trace-logging',
    {
      config: { operation: 'instances.switch' },
      schema: {
        summary: 'Write vendor calls down for a time',
        params: IdParams,
        body: Duration,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) =>
      empty(reply, setTraceLogging(context, callerOf(request), idOf(request.params.id), durationIn(request.body))),
  )
  app.delete(
    '/instances/:id/trace-logging',
    {
      config: { operation: 'instances.switch' },
      schema: { summary: 'Stop writing vendor calls down', params: IdParams, response: { 200: NOTHING } },
    },
    async (request, reply) => empty(reply, setTraceLogging(context, callerOf(request), idOf(request.params.id), 0)),
  )
  app.get(
    '/instances/:id/configuration',
    {
      config: { operation: 'instances.read' },
      schema: {
        summary: 'List the configuration of an instance',
        params: IdParams,
        response: { 200: arrayOf(ConfigurationRowBody) },
      },
    },
    async (request) => listConfigurationRows(context, callerOf(request), idOf(request.params.id)),
  )
  app.get(
    '/instances/:id/configuration/:rowId',
    {
      config: { operation: 'instances.read' },
      schema: { summary: 'Read a configuration value', params: RowParams, response: { 200: ConfigurationRowBody } },
    },
    async (request) => findConfigurationRow(context, callerOf(request), idOf(request.params.id), request.params.rowId),
  )
  app.patch(
    '/instances/:id/configuration/:rowId',
    {
      config: { operation: 'instances.configure' },
      schema: {
        summary: 'Change a configuration value',
        params: RowParams,
        body: Value,
        response: { 200: ConfigurationRowBody },
      },
    },
    async (request) =>
      updateConfigurationRow(context, callerOf(request), idOf(request.params.id), request.params.rowId, request.body),
  )

  // the same by token: the instance is the one of the Element pair
  app.route({
    method: ['PUT', 'PATCH'],
    url: '/instances',
    config: { operation: 'instances.update' },
    schema: {
      summary: 'Change this instance',
      description: UPDATE,
      ofInstance: true,
      body: Provision,
      response: { 200: InstanceBody },
    },
    handler: async (request) => {
      const { caller, instance } = await identify.callerWithInstance(request)
      return toInstanceBody(await updateInstance(context, caller, instance.id, request.body as ProvisionRequest))
    },
  })
  app.delete(
    '/instances',
    {
      config: { operation: 'instances.delete' },
      schema: { summary: 'Delete this instance', description: DELETION, ofInstance: true, response: { 200: NOTHING } },
    },
    async (request, reply) => {
      const { caller, instance } = await identify.callerWithInstance(request)
      return empty(reply, removeInstance(context, caller, instance.id))
    },
  )
  app.put(
    '/instances/enabled',
    {
      config: { operation: 'instances.switch' },
      schema: { summary: 'Enable this instance', ofInstance: true, response: { 200: NOTHING } },
    },
    async (request, reply) => {
      const { caller, instance } = await identify.callerWithInstance(request)
      return empty(reply, setEnabled(context, caller, instance.id, true))
    },
  )
  app.delete(
    '/instances/enabled',
    {
      config: { operation: 'instances.switch' },
      schema: { summary: 'Disable this instance', ofInstance: true, response: { 200: NOTHING } },
    },
    async (request, reply) => {
      const { caller, instance } = await identify.callerWithInstance(request)
      return empty(reply, setEnabled(context, caller, instance.id, false))
    },
  )
  app.put(
    '/instances/trace-logging',
    {
      config: { operation: 'instances.switch' },
      schema: {
        summary: 'Write vendor calls of this instance down for a time',
        ofInstance: true,
        body: Duration,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => {
      const { caller, instance } = await identify.callerWithInstance(request)
      return empty(reply, setTraceLogging(context, caller, instance.id, durationIn(request.body)))
    },
  )
  app.delete(
    '/instances/trace-logging',
    {
      config: { operation: 'instances.switch' },
      schema: {
        summary: 'Stop writing vendor calls of this instance down',
        ofInstance: true,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => {
      const { caller, instance } = await identify.callerWithInstance(request)
      return empty(reply, setTraceLogging(context, caller, instance.id, 0))
    },
  )
  app.get(
    '/instances/configuration',
    {
      config: { operation: 'instances.read' },
      schema: {
        summary: 'List the configuration of this instance',
        ofInstance: true,
        response: { 200: arrayOf(ConfigurationRowBody) },
      },
    },
    async (request) => {
      const { caller, instance } = await identify.callerWithInstance(request)
      return listConfigurationRows(context, caller, instance.id)
    },
  )
  app.get(
    '/instances/configuration/:rowId',
    {
      config: { operation: 'instances.read' },
      schema: {
        summary: 'Read a configuration value of this instance',
        ofInstance: true,
        params: OwnRowParams,
        response: { 200: ConfigurationRowBody },
      },
    },
    async (request) => {
      const { caller, instance } = await identify.callerWithInstance(request)
      return findConfigurationRow(context, caller, instance.id, request.params.rowId)
    },
  )
  app.patch(
    '/instances/configuration/:rowId',
    {
      config: { operation: 'instances.configure' },
      schema: {
        summary: 'Change a configuration value of this instance',
        ofInstance: true,
        params: OwnRowParams,
        body: Value,
        response: { 200: ConfigurationRowBody },
      },
    },
    async (request) => {
      const { caller, instance } = await identify.callerWithInstance(request)
      return updateConfigurationRow(context, caller, instance.id, request.params.rowId, request.body)
    },
  )

  // the same below the element, which the body may then omit
  app.get(
    '/elements/:keyOrId/instances',
    {
      config: { operation: 'instances.list' },
      schema: {
        summary: 'List instances of an element',
        description: NO_MATCH,
        params: ElementParams,
        querystring: query({ ...PAGING, ...FILTER }),
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
      return toInstanceBody(await findInstance(context, callerOf(request), 'instances.read', idOf(id), keyOrId))
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
      return toInstanceBody(await updateInstance(context, caller, idOf(id), request.body as ProvisionRequest, keyOrId))
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

/** The body of a switch is optional (spec 41 §10). */
function durationIn(body: unknown): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)['duration'] : undefined
}
