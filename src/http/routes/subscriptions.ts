import Type from 'typebox'
import type { NotificationContext } from '../../notifications/context.ts'
import { DeliveryBody } from '../../notifications/delivery-body.ts'
import { listDeliveries, listDeliveriesOf, readDelivery } from '../../notifications/find-deliveries.ts'
import { releaseDeliveries } from '../../notifications/release-deliveries.ts'
import { SubscriptionBody } from '../../notifications/subscription-body.ts'
import {
  createSubscription,
  listSubscriptions,
  readSubscription,
  removeSubscription,
} from '../../notifications/subscriptions.ts'
import { answerPage } from '../answer-list.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, flag, NOTHING, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { idOf, isTrue, largeIdOf, type Query, single } from '../query.ts'

const NOTIFICATION_ID = Type.String({ description: 'Id of the notification' })
const SUBSCRIPTION_ID = Type.String({ description: 'Id of the subscription' })
const params = Type.Object({ id: SUBSCRIPTION_ID })
const HYDRATE = flag('`true`: with the notification and the subscription')
const WHERE = Type.String({
  description:
    "Condition in CEQL over `channel`, `status`, `config.url`, `config.to`, `id`, `notificationId`, `subscriptionId` and `instanceId`: `channel='webhook' and status='queued'`",
})
const Text = Type.Optional(Type.String())
const Body = openBody(
  Type.Object(
    {
      channel: Type.Enum(['webhook', 'email', 'sms', 'push']),
      topics: Type.Array(Type.String()),
      config: Type.Object({
        url: Type.Optional(Type.String({ description: 'Of `webhook`: an absolute address, or a path of this API' })),
        to: Type.Optional(Type.String({ description: 'Of `email`: addresses, separated by commas' })),
        ...{ signatureKey: Text, previousSignatureKeys: Text, username: Text, password: Text, headers: Text },
      }),
    },
    { title: 'NotificationSubscriptionRequest' },
  ),
)
const { pageSize, nextPage } = PAGING
const DELIVERIES = '/notifications/subscriptions/deliveries'

/** Who hears of topics, and what became of each message for each (spec 41 §3, §4). */
export function subscriptionRoutes(
  app: App,
  { notifications: context, signer }: { notifications: NotificationContext; signer: TokenSigner },
): void {
  app.post(
    '/notifications/subscriptions',
    {
      config: { operation: 'subscriptions.create' },
      schema: { summary: 'Subscribe to topics', body: Body, response: { 200: SubscriptionBody } },
    },
    async (request) => createSubscription(context, callerOf(request), request.body),
  )
  app.get(
    '/notifications/subscriptions',
    {
      config: { operation: 'subscriptions.read' },
      schema: {
        summary: 'List subscriptions',
        querystring: query({ pageSize, nextPage }),
        response: { 200: arrayOf(SubscriptionBody) },
      },
    },
    async (request, reply) =>
      answerPage(request, reply, 'subscriptions', signer, {}, (page) =>
        listSubscriptions(context, callerOf(request), page),
      ),
  )
  app.get(
    '/notifications/subscriptions/:id',
    {
      config: { operation: 'subscriptions.read' },
      schema: { summary: 'Read a subscription', params, response: { 200: SubscriptionBody } },
    },
    async (request) => readSubscription(context, callerOf(request), idOf(request.params.id)),
  )
  app.delete(
    '/notifications/subscriptions/:id',
    {
      config: { operation: 'subscriptions.delete' },
      schema: { summary: 'Delete a subscription, with what it was still to get', params, response: { 200: NOTHING } },
    },
    async (request, reply) => empty(reply, removeSubscription(context, callerOf(request), idOf(request.params.id))),
  )
  app.get(
    DELIVERIES,
    {
      config: { operation: 'subscriptions.read' },
      schema: {
        summary: 'List deliveries, the newest first',
        querystring: query({ where: WHERE, hydrate: HYDRATE, pageSize, nextPage }),
        response: { 200: arrayOf(DeliveryBody) },
      },
    },
    async (request, reply) => {
      const asked = request.query as Query
      const filter = { where: single(asked['where']) ?? '' }
      return answerPage(request, reply, 'deliveries', signer, filter, (page) => {
        const where = String(page.filter['where'] ?? '')
        return listDeliveries(context, callerOf(request), { ...page, where, hydrate: isTrue(asked['hydrate']) })
      })
    },
  )
  app.put(
    DELIVERIES,
    {
      config: { operation: 'subscriptions.release' },
      schema: {
        summary: 'Send deliveries again, and make their subscriptions active',
        querystring: query({ where: WHERE }, ['where']),
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => {
      const where = single((request.query as Query)['where']) ?? ''
      return empty(reply, releaseDeliveries(context, callerOf(request), where))
    },
  )
  app.get(
    '/notifications/:notificationId/subscriptions/deliveries',
    {
      config: { operation: 'subscriptions.read' },
      schema: {
        summary: 'List deliveries of a notification',
        params: Type.Object({ notificationId: NOTIFICATION_ID }),
        querystring: query({ hydrate: HYDRATE }),
        response: { 200: arrayOf(DeliveryBody) },
      },
    },
    async (request) =>
      listDeliveriesOf(context, callerOf(request), largeIdOf(request.params.notificationId), {
        hydrate: isTrue((request.query as Query)['hydrate']),
      }),
  )
  app.get(
    '/notifications/:notificationId/subscriptions/:id/deliveries',
    {
      config: { operation: 'subscriptions.read' },
      schema: {
        summary: 'Read the delivery of a notification to a subscription',
        params: Type.Object({ notificationId: NOTIFICATION_ID, id: SUBSCRIPTION_ID }),
        querystring: query({ hydrate: HYDRATE }),
        response: { 200: DeliveryBody },
      },
    },
    async (request) => {
      const { notificationId, id } = request.params
      const ids = { notificationId: largeIdOf(notificationId), subscriptionId: idOf(id) }
      return readDelivery(context, callerOf(request), ids, { hydrate: isTrue((request.query as Query)['hydrate']) })
    },
  )
}
