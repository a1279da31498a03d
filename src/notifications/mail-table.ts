import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import type { Store } from '../store/database.ts'
import type { SealedColumn } from '../store/rotate-keys.ts'
import type { TimePartitions } from '../store/time-partitions.ts'

export interface MailTable {
  id: Generated<number>
  created_at: Date
  /** null for mails that nobody's account sends */
  organization_id: number | null
  account_id: number | null
  user_id: number | null
  recipients: string[]
  reply_to: string | null
  subject: string
  /** sealed; null once a private one is sent */
  text_ciphertext: string | null
  /** its text is for the recipient alone: no API shows it */
  is_private: boolean
  status: MailStatus
  attempts: Generated<number>
  /** why the last attempt failed */
  message: string | null
  updated_at: Date
}

/** `stored`: there was no mail server to hand it to, and it stays where it is */
export type MailStatus = 'waiting' | 'sent' | 'failed' | 'stored'

export type MailTables = { mails: MailTable }
export type MailRow = Selectable<MailTable>

export function mailDb({ db }: Pick<Store, 'db'>): Kysely<MailTables> {
  return db.withTables<MailTables>()
}

export function inMails<DB>(trx: Transaction<DB>): Transaction<MailTables> {
  return trx as unknown as Transaction<MailTables>
}

export function mailPartitions(keepDays: number): TimePartitions {
  return { table: 'mails', column: 'created_at', unit: 'day', keepDays, ahead: 2 }
}

export const SEALED_COLUMNS: SealedColumn[] = [{ table: 'mails', idColumn: 'id', column: 'text_ciphertext' }]
