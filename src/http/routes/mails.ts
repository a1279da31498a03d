import Type from 'typebox'
import type { NotificationContext } from '../../notifications/context.ts'
import { listMails, MailBody, readMail, sendMailOf } from '../../notifications/mails.ts'
import { answerPage } from '../answer-list.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, NOTHING, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { largeIdOf } from '../query.ts'

const Body = openBody(
  Type.Object(
    {
      to: Type.String({ description: 'Addresses, separated by commas' }),
      from: Type.Optional(Type.String({ description: 'Where answers go; the sender is the hub’s' })),
      subject: Type.Optional(Type.String()),
      message: Type.Optional(Type.String({ description: 'Plain text' })),
    },
    { title: 'MailRequest' },
  ),
)
const { pageSize, nextPage } = PAGING

/** Mails of the account (spec 41 §6); reading them is an addition of ours. */
export function mailRoutes(
  app: App,
  { notifications: context, signer }: { notifications: NotificationContext; signer: TokenSigner },
): void {
  app.post(
    '/notifications/emails',
    {
      config: { operation: 'mails.send' },
      schema: { summary: 'Send a mail', body: Body, response: { 200: NOTHING } },
    },
    async (request, reply) => empty(reply, sendMailOf(context, callerOf(request), request.body)),
  )
  app.get(
    '/notifications/emails',
    {
      config: { operation: 'mails.read' },
      schema: {
        summary: 'List mails of the account, the newest first',
        querystring: query({ pageSize, nextPage }),
        response: { 200: arrayOf(MailBody) },
      },
    },
    async (request, reply) =>
      answerPage(request, reply, 'mails', signer, {}, (page) => listMails(context, callerOf(request), page)),
  )
  app.get(
    '/notifications/emails/:id',
    {
      config: { operation: 'mails.read' },
      schema: {
        summary: 'Read a mail',
        params: Type.Object({ id: Type.String({ description: 'Id of the mail' }) }),
        response: { 200: MailBody },
      },
    },
    async (request) => readMail(context, callerOf(request), largeIdOf(request.params.id)),
  )
}
