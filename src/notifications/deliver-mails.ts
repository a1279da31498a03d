import type { JobOutcome } from '../jobs/jobs.ts'
import type { NotificationContext } from './context.ts'
import { notificationDb } from './notification-table.ts'
import { firstAttempts, withBodies } from './open-deliveries.ts'
import type { Subscriber } from './read-subscription.ts'
import { mailsLeft, sendMail } from './send-mail.ts'
import { type Outcome, settle } from './settle.ts'

const MOST_A_RUN = 50

interface Envelope {
  id: string
  topic: string
  severity: string
  createdDate: string
  message: unknown
}

/** The deliveries of a subscription by mail: each becomes a mail, in the transaction that says so; how the mail fares, its own row tells. */
export async function deliverMails(context: NotificationContext, subscriber: Subscriber): Promise<JobOutcome> {
  const { organizationId, accountId, userId, config } = subscriber
  const owner = { organizationId, accountId, userId }
  const waiting = await firstAttempts(notificationDb(context.store), subscriber.id, MOST_A_RUN)
  for await (const { delivery, carried } of withBodies(notificationDb(context.store), waiting)) {
    await context.store.changes.transaction(async (trx, publish) => {
      const at = context.now()
      const isPossible = (await mailsLeft(trx, owner, at)) > 0
      if (isPossible) {
        const to = (config.to ?? '').split(',').map((one) => one.trim())
        await sendMail(context, trx, publish, { owner, to, ...mailOf(JSON.parse(carried.body) as Envelope) })
      }
      const outcome: Outcome = isPossible
        ? { delivery, at, kind: 'notified', body: carried.body, message: '' }
        : { delivery, at, kind: 'queued', message: 'the account has sent as many mails as it may in an hour' }
      await settle(context, trx, publish, subscriber, [outcome])
    })
  }
  return waiting.length === MOST_A_RUN ? 'more' : 'done'
}

function mailOf({ id, topic, severity, createdDate, message }: Envelope): { subject: string; text: string } {
  const said = typeof message === 'string' ? message : JSON.stringify(message, null, 2)
  return {
    subject: `[${severity}] ${topic}`,
    text: `${said}\n\n-- \nNotification ${id} on topic ${topic}, ${createdDate}\n`,
  }
}
