import type { Kysely } from 'kysely'
import type { RequestFacts } from '../model/account.ts'
import { fitRecord } from './fit-record.ts'
import { insertRecords } from './insert-records.ts'
import { requestColumns } from './request-columns.ts'

export interface SignInAttempt {
  /** whose e-mail address was given; undefined: nobody's, and the record belongs to no organization */
  user: { id: number; accountId: number; organizationId: number } | undefined
  /** what the attempt was answered: 200, 401, 429 */
  status: number
  /** why it was refused, in our words; what was typed has no place here */
  reason?: string
  via: RequestFacts | undefined
}

/** Writes down that somebody signed in, or tried to. @param db a transaction where the sign-in has one */
export async function recordSignIn<DB>(db: Kysely<DB>, { user, status, reason, via }: SignInAttempt): Promise<void> {
  await insertRecords(db, [
    {
      at: new Date(),
      organization_id: user?.organizationId ?? null,
      account_id: user?.accountId ?? null,
      user_id: user?.id ?? null,
      instance_id: null,
      entity_type: 'authentication',
      entity_id: user ? String(user.id) : null,
      action: status < 400 ? 'signIn' : 'signInFailed',
      ...requestColumns(via, status),
      before: null,
      after: fitRecord(reason === undefined ? undefined : { reason }),
    },
  ])
  if (via) via.changes++
}
