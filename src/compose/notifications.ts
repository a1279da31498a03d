import { callbackTargetOf } from '../events/callback-target.ts'
import { noteDeliveries } from '../events/on-settled.ts'
import { ownPath } from '../http/own-path.ts'
import type { JobQueue } from '../jobs/jobs.ts'
import type { NotificationContext } from '../notifications/context.ts'
import { deliverQueues } from '../notifications/deliver.ts'
import { mailQueue } from '../notifications/hand-over-mails.ts'
import { retryQueues } from '../notifications/retry.ts'
import { createSmtpMailer } from '../notifications/smtp-mailer.ts'
import type { Parts } from './parts.ts'

/** Who hears of what: by webhook, to where an instance says, and by mail. */
export async function composeNotifications(
  { config, store, jobs, authorize, metrics, now, logOf, instances, finder, callAsOwner, publicUrl }: Parts,
  opened: AsyncDisposableStack,
): Promise<{ context: NotificationContext; queues: JobQueue[] }> {
  const mail = config.smtpUrl === undefined ? undefined : await createSmtpMailer(config.smtpUrl, config.mailFrom)
  opened.defer(() => mail?.close())
  const context: NotificationContext = {
    ...{ store, jobs, authorize, now, send: instances.send, log: logOf('notifications') },
    sender: config.mailFrom,
    mailer: mail?.mailer,
    callPlatform: callAsOwner,
    ownPath: (address) => ownPath(address, publicUrl()),
    async targetOf(id) {
      const instance = await finder.byId(id)
      return instance && callbackTargetOf(instance)
    },
    onAttempt: metrics.attempted,
    onSettled: noteDeliveries({ now }),
  }
  return { context, queues: [...deliverQueues(context), ...retryQueues(context), mailQueue(context)] }
}
