import type { Transaction } from 'kysely'
import type { Caller } from '../model/account.ts'
import type { Publish } from '../store/changes.ts'
import type { Store } from '../store/database.ts'
import type { AccountsTables } from './accounts-table.ts'
import type { Authorize } from './authorize.ts'
import type { SignInLimits } from './sign-in/sign-in-limits.ts'

/** What the functions of this room work with; `main.ts` puts it together once. */
export interface AccountsContext {
  store: Pick<Store, 'db' | 'changes' | 'cipher'>
  authorize: Authorize
  /** how often passwords and codes may be guessed */
  limits: SignInLimits
  now(): Date
  /** base of addresses of ours, without a trailing slash */
  publicUrl(): string
  /** what rooms above do with whatever belongs to an account that was closed, in the transaction that closes it */
  onAccountClosed: OnAccountClosed
  /** the same for one user; not called for the users of a closed account */
  onUserClosed: OnUserClosed
  /** the same for a deleted organization, after its accounts were closed */
  onOrganizationClosed: OnOrganizationClosed
}

export type OnOrganizationClosed = (
  trx: Transaction<AccountsTables>,
  publish: Publish,
  closed: { organizationId: number },
) => Promise<void>

export type OnAccountClosed = (
  trx: Transaction<AccountsTables>,
  publish: Publish,
  closed: { accountId: number; organizationId: number } & Closing,
) => Promise<void>

export type OnUserClosed = (
  trx: Transaction<AccountsTables>,
  publish: Publish,
  closed: { userId: number; accountId: number; organizationId: number } & Closing,
) => Promise<void>

/** How something was closed (spec 50 §4, lifecycle). Jobs end either way and do not come back. */
export interface Closing {
  /** who asked for it */
  by: Caller
  /** true: instances go as well, for good */
  permanently: boolean
  at: Date
}
