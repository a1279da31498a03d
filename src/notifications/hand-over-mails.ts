import { accountGroup } from '../jobs/account-group.ts'
import type { JobQueue } from '../jobs/jobs.ts'
import { storableText } from '../model/storable-text.ts'
import { contextOf } from '../store/cipher.ts'
import type { NotificationContext } from './context.ts'
import { inMails, type MailRow, mailDb } from './mail-table.ts'
import { MAIL_QUEUE, mailKey, readMailKey } from './send-mail.ts'

/** After a failure that may pass, in minutes: then it failed for good. */
const RETRY_MINUTES = [1, 5, 30, 120, 720]

/** Mails are handed to the server, a few at a time. */
export function mailQueue(context: NotificationContext): JobQueue {
  return {
    ...{ name: MAIL_QUEUE, slots: 4, perGroup: 2 },
    async run(key) {
      await handOver(context, key)
      return 'done'
    },
  }
}

async function handOver(context: NotificationContext, key: string): Promise<void> {
  const { store, mailer } = context
  const asked = readMailKey(key)
  if (!asked || !mailer) return
  const mail = await mailDb(store)
    .selectFrom('mails')
    .selectAll()
    .where('id', '=', asked.id)
    .where('created_at', '=', asked.createdAt)
    .where('status', '=', 'waiting')
    .where('attempts', '=', asked.attempts)
    .executeTakeFirst()
  if (mail?.text_ciphertext == null) return
  const text = store.cipher.open(mail.text_ciphertext, contextOf('mails', 'text_ciphertext', mail.id))
  const failure = await mailer({
    ...{ to: mail.recipients, replyTo: mail.reply_to ?? undefined, subject: mail.subject, text },
  }).then(
    () => undefined,
    (error: Error & { responseCode?: number }) => error,
  )
  if (failure) return noteFailure(context, mail, failure)
  await rowOf(context, mail)
    .set({ status: 'sent', message: null, ...(mail.is_private ? { text_ciphertext: null } : {}) })
    .execute()
}

async function noteFailure(
  context: NotificationContext,
  mail: MailRow,
  failure: Error & { responseCode?: number },
): Promise<void> {
  const minutes = (failure.responseCode ?? 0) >= 500 ? undefined : RETRY_MINUTES[mail.attempts]
  const message = storableText(failure.message.slice(0, 200))
  if (minutes === undefined) {
    context.log.warn({ mail: mail.id, code: failure.responseCode }, 'a mail was given up')
    await rowOf(context, mail).set({ status: 'failed', message }).execute()
    return
  }
  const attempts = mail.attempts + 1
  const at = new Date(context.now().getTime() + minutes * 60_000)
  await context.store.changes.transaction(async (trx, publish) => {
    await inMails(trx)
      .updateTable('mails')
      .set({ attempts, message, updated_at: context.now() })
      .where('id', '=', mail.id)
      .where('created_at', '=', mail.created_at)
      .execute()
    const group = mail.account_id === null ? {} : { group: accountGroup(mail.account_id) }
    const key = mailKey({ id: mail.id, createdAt: mail.created_at, attempts })
    await context.jobs.wake(trx, publish, MAIL_QUEUE, [{ key, at, ...group }])
  })
}

function rowOf({ store, now }: NotificationContext, mail: MailRow) {
  return mailDb(store)
    .updateTable('mails')
    .set({ updated_at: now(), attempts: mail.attempts + 1 })
    .where('id', '=', mail.id)
    .where('created_at', '=', mail.created_at)
}
