import Type, { type Static } from 'typebox'
import { readText, requireMembers } from '../accounts/read-members.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { IsoSeconds, isoSeconds } from '../model/iso-seconds.ts'
import { contextOf } from '../store/cipher.ts'
import type { NotificationContext } from './context.ts'
import { readAddress, readAddresses } from './mail-addresses.ts'
import { type MailRow, mailDb } from './mail-table.ts'
import { sendMail } from './send-mail.ts'

const MAX_SUBJECT_CHARS = 255
const MAX_MESSAGE_CHARS = 200_000

export const MailBody = Type.Object(
  {
    id: Type.Integer(),
    to: Type.Array(Type.String()),
    replyTo: Type.Optional(Type.String()),
    subject: Type.String(),
    status: Type.Enum(['waiting', 'sent', 'failed', 'stored'], {
      description: '`stored`: the hub has no mail server; the mail can be read here and goes nowhere',
    }),
    error: Type.Optional(Type.String({ description: 'Why the last attempt failed' })),
    message: Type.Optional(Type.String({ description: 'The text; in lists it is left out' })),
    createdDate: IsoSeconds,
    updatedDate: IsoSeconds,
  },
  { title: 'Mail' },
)
export type MailBody = Static<typeof MailBody>

/**
 * `POST /notifications/emails` (spec 41 §6). The sender is the operator's; `from` is where answers go.
 *
 * @throws ValenceError PARAMETER_MISSING without `to`, BODY_INVALID, TOO_MANY_ATTEMPTS (429)
 */
export async function sendMailOf(
  context: Pick<NotificationContext, 'store' | 'jobs' | 'now' | 'mailer'>,
  caller: Caller,
  body: Readonly<Record<string, unknown>>,
): Promise<void> {
  requireMembers(body, ['to'])
  const to = readAddresses(body['to'], 'to')
  const from = readText(body, 'from')
  const replyTo = from ? { replyTo: readAddress(from, 'from') } : {}
  const subject = readText(body, 'subject', MAX_SUBJECT_CHARS) ?? ''
  const text = readText(body, 'message', MAX_MESSAGE_CHARS) ?? ''
  const { organizationId, accountId, userId } = caller
  const mail = { owner: { organizationId, accountId, userId }, to, ...replyTo, subject, text }
  await context.store.changes.transaction((trx, publish) => sendMail(context, trx, publish, mail))
}

/** Those of the caller's account, the newest first. @param query.after id of the last one of the previous page */
export async function listMails(
  { store }: Pick<NotificationContext, 'store'>,
  caller: Caller,
  { pageSize, after }: { pageSize: number; after: number | undefined },
): Promise<{ items: MailBody[]; next: number | undefined }> {
  let found = mailDb(store).selectFrom('mails').selectAll().where('account_id', '=', caller.accountId)
  if (after !== undefined) found = found.where('id', '<', after)
  const rows = await found
    .orderBy('id', 'desc')
    .limit(pageSize + 1)
    .execute()
  const items = rows.slice(0, pageSize).map(toBody)
  return { items, next: rows.length > pageSize ? items.at(-1)?.id : undefined }
}

/** @throws ValenceError NOTHING_FOUND (404), also for one of another account */
export async function readMail(
  { store }: Pick<NotificationContext, 'store'>,
  caller: Caller,
  id: number,
): Promise<MailBody> {
  const row = await mailDb(store)
    .selectFrom('mails')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', caller.accountId)
    .executeTakeFirst()
  if (!row) throw new ValenceError('NOTHING_FOUND', `No mail with id ${id} found`)
  if (row.is_private || row.text_ciphertext === null) return toBody(row)
  return { ...toBody(row), message: store.cipher.open(row.text_ciphertext, contextOf('mails', 'text_ciphertext', id)) }
}

function toBody(row: MailRow): MailBody {
  return {
    ...{ id: row.id, to: row.recipients, ...(row.reply_to === null ? {} : { replyTo: row.reply_to }) },
    ...{ subject: row.subject, status: row.status, ...(row.message === null ? {} : { error: row.message }) },
    ...{ createdDate: isoSeconds(row.created_at), updatedDate: isoSeconds(row.updated_at) },
  }
}
