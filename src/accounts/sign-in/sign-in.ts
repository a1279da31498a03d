import { sql } from 'kysely'
import { recordSignIn } from '../../audit/record-sign-in.ts'
import { type ErrorCode, ValenceError } from '../../errors.ts'
import type { RequestFacts } from '../../model/account.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { type AuthenticatedUser, isActive, owned, type SignInRow, signInRows } from './authenticated-user.ts'
import { openSession, type Welcome } from './open-session.ts'
import { verifyPassword } from './password.ts'
import { policyOf } from './password-policies.ts'
import { isExpired } from './password-policy.ts'
import { preparePassword } from './set-password.ts'
import { normalized } from './sign-in-limits.ts'
import { takeCode } from './two-factor-code.ts'

export interface Login {
  /** e-mail address, in any case */
  username: string
  password: string
  /** of the authenticator, where there is one */
  code?: string
  /** takes the place of the password at once; the way in when that has expired */
  newPassword?: string
}

/** Why somebody does not get in: what he is told, and what the audit log says. */
interface Refusal {
  code: ErrorCode
  message: string
  reason: string
  /** of the password; it was no wrong guess then */
  isRight?: true
}

const WRONG = { code: 'LOGIN_FAILED', message: 'Invalid username or password.' } as const
const EXPIRED: Refusal = {
  code: 'PASSWORD_EXPIRED',
  message: 'The password has expired; sign in with the member newPassword beside it to set another one',
  reason: 'the password has expired',
  isRight: true,
}

const CODE_MISSING: Refusal = {
  code: 'TWO_FACTOR_REQUIRED',
  message: 'A two-factor code is required',
  reason: 'no two-factor code was sent',
  isRight: true,
}
const CODE_WRONG: Refusal = {
  code: 'TWO_FACTOR_WRONG',
  message: 'The two-factor code is wrong',
  reason: 'the two-factor code is wrong',
}

/**
 * `POST /authentication`: e-mail and password for a token. Every guess is counted (`sign-in-limits.ts`) and written down.
 *
 * @param via whose address the guesses are counted by; undefined: not by HTTP
 * @throws ValenceError LOGIN_FAILED (401) with one text, whatever was wrong; TWO_FACTOR_REQUIRED, TWO_FACTOR_WRONG, PASSWORD_EXPIRED (401), only
 *   to who knows the password; BODY_INVALID for a new password that the policy refuses; TOO_MANY_ATTEMPTS (429), whether there is such a user or not; UNAVAILABLE (503)
 */
export async function signIn(
  context: Pick<AccountsContext, 'store' | 'limits' | 'now'>,
  login: Login,
  via?: RequestFacts,
): Promise<AuthenticatedUser> {
  const welcome = await context.limits.inTurn(via?.ip, () => guess(context, login, via))
  const entered = await openSession(context, welcome, via)
  if (entered) return entered
  return refuse(context, welcome.user, { ...WRONG, reason: 'password or state changed while it was checked' }, via)
}

async function guess(
  context: Pick<AccountsContext, 'store' | 'limits' | 'now'>,
  login: Login,
  via: RequestFacts | undefined,
): Promise<Welcome> {
  const { limits } = context
  const whence = { username: login.username, ip: via?.ip }
  const attempt = await limits.beginPassword(whence)
  const verdict = await judge(context, login).catch(async (error) => {
    await attempt.withdraw()
    throw error
  })
  if ('refusal' in verdict) {
    const { user, refusal } = verdict
    const { isRight } = refusal
    if (isRight) await attempt.withdraw()
    const reason =
      attempt.isLast && !isRight ? `${refusal.reason}; no more attempts are let through for now` : refusal.reason
    return refuse(context, user, { ...refusal, reason }, via)
  }
  await attempt.succeeded()
  await limits.remember(whence)
  return verdict
}

async function refuse(
  { store }: Pick<AccountsContext, 'store'>,
  user: SignInRow | undefined,
  { code, message, reason }: Refusal,
  via: RequestFacts | undefined,
): Promise<never> {
  const error = new ValenceError(code, message)
  await recordSignIn(store.db, { user: user && owned(user), status: error.status, reason, via })
  throw error
}

type Verdict = { user: SignInRow | undefined; refusal: Refusal } | Welcome

async function judge(
  context: Pick<AccountsContext, 'store' | 'limits' | 'now'>,
  { username, password, code, newPassword }: Login,
): Promise<Verdict> {
  const db = context.store.db.withTables<AccountsTables>()
  const user = await signInRows(db).where(sql`lower(email)`, '=', normalized(username)).executeTakeFirst()
  const isRight = await verifyPassword(user?.password_hash, password)
  if (!user) return { user, refusal: { ...WRONG, reason: 'nobody has this e-mail address' } }
  if (!isRight) return { user, refusal: { ...WRONG, reason: 'the password is wrong' } }
  if (!isActive(user)) {
    return { user, refusal: { ...WRONG, reason: 'the user, the account or the organization is not active' } }
  }
  const refusal = user.has_authenticator && (await judgeCode(context, user, code))
  if (refusal) return { user, refusal }
  if (newPassword !== undefined) {
    await context.limits.beginChange(user.id)
    const owner = {
      ...owned(user),
      userId: user.id,
      email: user.email,
      firstName: user.first_name,
      lastName: user.last_name,
    }
    return { user, newPassword: await preparePassword(db, owner, newPassword) }
  }
  const policy = await policyOf(db, user.organization_id)
  if (isExpired(policy, user.password_changed_at ?? user.created_at, context.now())) return { user, refusal: EXPIRED }
  return { user, newPassword: undefined }
}

async function judgeCode(
  { store, limits, now }: Pick<AccountsContext, 'store' | 'limits' | 'now'>,
  { id }: SignInRow,
  code: string | undefined,
): Promise<Refusal | undefined> {
  if (code === undefined) return CODE_MISSING
  const attempt = await limits.beginCode(id)
  if (!(await takeCode(store.db.withTables<AccountsTables>(), store.cipher, id, code, now()))) return CODE_WRONG
  await attempt.succeeded()
  return undefined
}
