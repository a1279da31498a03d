import Type from 'typebox'
import type { NotificationContext } from '../../notifications/context.ts'
import { createNotification } from '../../notifications/create-notification.ts'
import { DEPTH_HEADER, readDepth } from '../../notifications/delivery-headers.ts'
import {
  acknowledgeNotification,
  listNotifications,
  readNotification,
  removeNotification,
} from '../../notifications/find-notifications.ts'
import { NotificationBody, SEVERITIES } from '../../notifications/notification-body.ts'
import { answerPage } from '../answer-list.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, NOTHING, openBody, query, texts, uncheckedBody } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { largeIdOf, listOf, type Query } from '../query.ts'

const params = Type.Object({ id: Type.String({ description: 'Id of the notification' }) })
const MAX_BODY_BYTES = 1024 * 1024
const Body = openBody(
  Type.Object(
    {
      topic: Type.String({ description: 'Up to 255 characters' }),
      message: Type.Unknown({ description: 'Text or object' }),
      severity: Type.Optional(Type.Enum([...SEVERITIES], { default: 'low' })),
      from: Type.Optional(Type.String({ description: 'Whom it is from; the caller’s e-mail address when absent' })),
    },
    { title: 'NotificationRequest' },
  ),
)
const { pageSize, nextPage } = PAGING

/** Messages on topics (spec 41 §2). */
export function notificationRoutes(
  app: App,
  { notifications: context, signer }: { notifications: NotificationContext; signer: TokenSigner },
): void {
  app.post(
    '/notifications',
    {
      config: { operation: 'notifications.create' },
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        summary: 'Send a message to everyone who subscribed to its topic',
        body: Body,
        response: { 200: NotificationBody },
      },
    },
    async (request) =>
      createNotification(context, callerOf(request), request.body, readDepth(request.headers[DEPTH_HEADER])),
  )
  app.get(
    '/notifications',
    {
      config: { operation: 'notifications.read' },
      schema: {
        summary: 'List notifications of topics, the newest first',
        querystring: query({ 'topics[]': texts('Topics'), pageSize, nextPage }, ['topics[]']),
        response: { 200: arrayOf(NotificationBody) },
      },
    },
    async (request, reply) => {
      const asked = request.query as Query
      return answerPage(request, reply, 'notifications', signer, { topics: listOf(asked, 'topics') }, (page) => {
        const topics = [page.filter['topics'] ?? []].flat()
        return listNotifications(context, callerOf(request), { ...page, topics })
      })
    },
  )
  app.get(
    '/notifications/:id',
    {
      config: { operation: 'notifications.read' },
      schema: { summary: 'Read a notification', params, response: { 200: NotificationBody } },
    },
    async (request) => readNotification(context, callerOf(request), largeIdOf(request.params.id)),
  )
  app.delete(
    '/notifications/:id',
    {
      config: { operation: 'notifications.delete' },
      schema: { summary: 'Delete a notification, with its deliveries', params, response: { 200: NOTHING } },
    },
    async (request, reply) =>
      empty(reply, removeNotification(context, callerOf(request), largeIdOf(request.params.id))),
  )
  app.put(
    '/notifications/:id/acknowledge',
    {
      config: { operation: 'notifications.acknowledge' },
      schema: {
        summary: 'Say that a notification was seen',
        params,
        body: uncheckedBody({ 'application/json': Type.Unknown({ description: 'Ignored' }) }, { required: false }),
        response: { 200: NotificationBody },
      },
    },
    async (request) => acknowledgeNotification(context, callerOf(request), largeIdOf(request.params.id)),
  )
}
