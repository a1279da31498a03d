import Type from 'typebox'
import {
  ConfigurationRowBody,
  findConfigurationRow,
  listConfigurationRows,
  updateConfigurationRow,
} from '../../instances/configuration-rows.ts'
import type { InstanceContext } from '../../instances/context.ts'
import { InstanceBody, toInstanceBody } from '../../instances/instance-body.ts'
import type { ProvisionRequest } from '../../instances/provision-request.ts'
import { removeInstance } from '../../instances/remove.ts'
import { setEnabled } from '../../instances/set-enabled.ts'
import { setTraceLogging } from '../../instances/trace-logging.ts'
import { updateInstance } from '../../instances/update.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import type { Identify } from '../identify.ts'
import { arrayOf, NOTHING } from '../openapi/describe-route.ts'
import { DELETION, Duration, Provision, ROW, UPDATE, Value } from '../openapi/described-instances.ts'
import { durationIn } from '../trace-duration.ts'

const OwnRowParams = Type.Object({ rowId: ROW })

/** The same by token: the instance is the one of the Element pair (spec 10 §4.2). */
export function thisInstanceRoutes(app: App, deps: { context: InstanceContext; identify: Identify }): void {
  const { context, identify } = deps

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
      return toInstanceBody(
        context,
        await updateInstance(context, caller, instance.id, request.body as ProvisionRequest),
      )
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
}
