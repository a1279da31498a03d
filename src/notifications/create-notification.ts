import { readText, readWord, requireMembers } from '../accounts/read-members.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { isObject } from '../model/is-object.ts'
import { isoSeconds } from '../model/iso-seconds.ts'
import type { NotificationContext } from './context.ts'
import { type NotificationBody, SEVERITIES } from './notification-body.ts'
import { notify } from './notify.ts'

type Body = Readonly<Record<string, unknown>>

/**
 * `POST /notifications` (spec 41 §2): stored, and on its way to everyone in the account who subscribed to its topic.
 *
 * @param depth how many hubs it went through, as the request's header said
 * @throws ValenceError PARAMETER_MISSING without a topic or a message, BODY_INVALID
 */
export async function createNotification(
  context: Pick<NotificationContext, 'store' | 'jobs' | 'now'>,
  caller: Caller,
  body: Body,
  depth = 0,
): Promise<NotificationBody> {
  requireMembers(body, ['topic', 'message'])
  const topic = readText(body, 'topic')
  if (!topic) throw new ValenceError('PARAMETER_MISSING', 'Missing in the request body: topic')
  const { message } = body
  if (typeof message !== 'string' && !isObject(message)) {
    throw new ValenceError('BODY_INVALID', 'message: expected a text or an object')
  }
  const severity = readWord(body, 'severity', SEVERITIES) ?? 'low'
  const from = readText(body, 'from') ?? caller.email
  const { organizationId, accountId, userId } = caller
  const notice = { owner: { organizationId, accountId, userId }, topic, severity, from, message, depth }
  const [notified] = await context.store.changes.transaction((trx, publish) => notify(context, trx, publish, [notice]))
  if (!notified) throw new Error('a notice was not stored')
  return {
    ...{ id: notified.id, from, topic, severity, message, createdDate: isoSeconds(context.now()) },
    ...{ active: true, acknowledged: false },
  }
}
