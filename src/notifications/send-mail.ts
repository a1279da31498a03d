import { sql, type Transaction } from 'kysely'
import { ValenceError } from '../errors.ts'
import { accountGroup } from '../jobs/account-group.ts'
import type { Owner } from '../model/owner.ts'
import { storableText } from '../model/storable-text.ts'
import type { Publish } from '../store/changes.ts'
import { contextOf } from '../store/cipher.ts'
import { nextId } from '../store/next-id.ts'
import type { NotificationContext } from './context.ts'
import { inMails } from './mail-table.ts'

/** Its keys are `mailKey`. */
export const MAIL_QUEUE = 'notifications.mail'

export interface Mail {
  /** whose it is; absent: the hub's own */
  owner?: Owner
  /** addresses without names */
  to: readonly string[]
  /** where answers go, when not to the hub */
  replyTo?: string
  subject: string
  text: string
  /** for the recipient alone, as a token is: no API shows the text, and it is forgotten once it is sent */
  isPrivate?: boolean
}

const MAX_SUBJECT_CHARS = 255
const MAX_TEXT_CHARS = 200_000
const MAX_AN_HOUR = 500
const HOUR_MS = 3_600_000

type MailContext = Pick<NotificationContext, 'store' | 'jobs' | 'now' | 'mailer'>

/**
 * Stores a mail, to be handed to the mail server when the transaction commits; without a server (`VALENCE_SMTP_URL`) it stays stored.
 * From whom it is, the operator says: a tenant could write in anybody's name.
 *
 * @returns its id
 * @throws ValenceError TOO_MANY_ATTEMPTS (429) when an account sends more than 500 an hour
 */
export async function sendMail<DB>(
  { store, jobs, now, mailer }: MailContext,
  plainTrx: Transaction<DB>,
  publish: Publish,
  { owner, to, replyTo, subject, text, isPrivate = false }: Mail,
): Promise<number> {
  const trx = inMails(plainTrx)
  const at = now()
  if (owner && (await mailsLeft(plainTrx, owner, at)) <= 0) {
    throw new ValenceError(
      'TOO_MANY_ATTEMPTS',
      `An account sends at most ${MAX_AN_HOUR} mails an hour; try again later`,
    )
  }
  const id = await nextId(trx, 'mails')
  const cut = text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS)}\n…` : text
  await trx
    .insertInto('mails')
    .values({
      ...{ id, created_at: at, updated_at: at, recipients: [...to], reply_to: replyTo ?? null, is_private: isPrivate },
      organization_id: owner?.organizationId ?? null,
      account_id: owner?.accountId ?? null,
      user_id: owner?.userId ?? null,
      subject: oneLine(subject),
      text_ciphertext: store.cipher.seal(storableText(cut), contextOf('mails', 'text_ciphertext', id)),
      status: mailer ? 'waiting' : 'stored',
    })
    .execute()
  const group = owner ? { group: accountGroup(owner.accountId) } : {}
  const wakes = mailer ? [{ key: mailKey({ id, createdAt: at, attempts: 0 }), ...group }] : []
  await jobs.wake(trx, publish, MAIL_QUEUE, wakes)
  return id
}

/** How many more an account may send now. */
export async function mailsLeft<DB>(trx: Transaction<DB>, { accountId }: Owner, at: Date): Promise<number> {
  const { count } = await inMails(trx)
    .selectFrom('mails')
    .select(sql<number>`count(*)::integer`.as('count'))
    .where('account_id', '=', accountId)
    .where('created_at', '>', new Date(at.getTime() - HOUR_MS))
    .executeTakeFirstOrThrow()
  return MAX_AN_HOUR - count
}

/** A subject is one line: nothing in it begins another header. */
function oneLine(text: string): string {
  return storableText(text)
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_SUBJECT_CHARS)
}

/** One attempt at one mail: it names how many were made, so that an old one is void. */
export function mailKey({ id, createdAt, attempts }: { id: number; createdAt: Date; attempts: number }): string {
  return `${createdAt.getTime()}.${id}.${attempts}`
}

/** @returns undefined for what is no such key */
export function readMailKey(key: string): { id: number; createdAt: Date; attempts: number } | undefined {
  const [, createdMs, id, attempts] = /^(\d{1,15})\.(\d{1,15})\.(\d{1,3})$/.exec(key) ?? []
  if (createdMs === undefined) return undefined
  return { id: Number(id), createdAt: new Date(Number(createdMs)), attempts: Number(attempts) }
}
