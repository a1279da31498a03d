import Type from 'typebox'
import {
  ConfigurationRowBody,
  findConfigurationRow,
  listConfigurationRows,
  updateConfigurationRow,
} from '../../instances/configuration-rows.ts'
import { findInstance } from '../../instances/find.ts'
import { InstanceBody, toInstanceBody } from '../../instances/instance-body.ts'
import { countInstances, InstanceCount } from '../../instances/list.ts'
import type { ProvisionRequest } from '../../instances/provision-request.ts'
import { removeInstance } from '../../instances/remove.ts'
import { setEnabled } from '../../instances/set-enabled.ts'
import { setTraceLogging } from '../../instances/trace-logging.ts'
import { updateInstance } from '../../instances/update.ts'
import { createInstanceAnswers, type InstanceDoors } from '../answer-instances.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { ACCOUNT_ID, INSTANCE_ID } from '../openapi/common-parameters.ts'
import { arrayOf, NOTHING } from '../openapi/describe-route.ts'
import {
  DELETION,
  Duration,
  InstanceFilter,
  InstanceList,
  NO_MATCH,
  Provision,
  ROW,
  UPDATE,
  Value,
} from '../openapi/described-instances.ts'
import { callerOf } from '../operations.ts'
import { idOf } from '../query.ts'
import { durationIn } from '../trace-duration.ts'

const IdParams = Type.Object({ id: INSTANCE_ID })
const RowParams = Type.Object({ id: INSTANCE_ID, rowId: ROW })

/** Instances by id (spec 10 §4.2), and lists of them, also by account (50 §4). */
export function instanceRoutes(app: App, deps: InstanceDoors): void {
  const { context } = deps
  const { list, make } = createInstanceAnswers(deps)

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
      toInstanceBody(
        context,
        await findInstance(context, callerOf(request), 'instances.read', idOf(request.params.id)),
      ),
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
        context,
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
}
