import type { Transaction } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { Owner } from '../../model/owner.ts'
import { readAddresses } from '../../notifications/mail-addresses.ts'
import { mailsLeft, sendMail } from '../../notifications/send-mail.ts'
import type { ScriptMail } from '../../sandbox/sandbox.ts'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import { type FormulaTables, formulaDb } from '../formula-table.ts'
import type { StepOutcome } from './outcome.ts'
import type { HeldExecution } from './take.ts'

/** Mails of a script, stored in the transaction that stores its step: each goes out once. */
export async function sendMails(
  { notifications }: Pick<FormulaContext, 'notifications'>,
  trx: Transaction<FormulaTables>,
  publish: Publish,
  held: HeldExecution,
  mails: readonly ScriptMail[],
): Promise<void> {
  for (const { to, subject, body } of mails) {
    const addresses = readAddresses(to, 'notify.email')
    await sendMail(notifications, trx, publish, { owner: ownerOf(held), to: addresses, subject, text: body })
  }
}

/** A script whose mails cannot be sent has failed: none of them is. */
export async function checkMails(
  { store, now }: Pick<FormulaContext, 'store' | 'now'>,
  held: HeldExecution,
  outcome: StepOutcome,
): Promise<StepOutcome> {
  const { mails = [] } = outcome
  if (mails.length === 0) return outcome
  const error = wrongAddress(mails) ?? (await tooMany())
  if (error === undefined) return outcome
  const { mails: _unsent, changes: _undone, ...rest } = outcome
  return { ...rest, status: 'failed', isFailure: true, value: { error }, error }

  async function tooMany(): Promise<string | undefined> {
    const left = await mailsLeft(formulaDb(store) as Transaction<FormulaTables>, ownerOf(held), now())
    return left < mails.length ? 'notify.email: the account has sent as many mails as it may in an hour' : undefined
  }
}

function wrongAddress(mails: readonly ScriptMail[]): string | undefined {
  try {
    for (const { to } of mails) readAddresses(to, 'notify.email')
    return undefined
  } catch (error) {
    if (error instanceof ValenceError) return error.message
    throw error
  }
}

export function ownerOf({
  organization_id,
  account_id,
  user_id,
}: Pick<HeldExecution, 'organization_id' | 'account_id' | 'user_id'>): Owner {
  return { organizationId: organization_id, accountId: account_id, userId: user_id }
}
