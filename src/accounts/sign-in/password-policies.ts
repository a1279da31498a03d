import type { Kysely } from 'kysely'
import Type, { type Static } from 'typebox'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { IsoSeconds, isoSeconds } from '../../model/iso-seconds.ts'
import type { AccountsTables } from '../accounts-table.ts'
import type { AccountsContext } from '../context.ts'
import { DEFAULT_POLICY, PasswordPolicy } from './password-policy.ts'

/** On the wire; the default has no dates. */
export const PasswordPolicyBody = Type.Object(
  { ...PasswordPolicy.properties, createdDt: Type.Optional(IsoSeconds), updatedDt: Type.Optional(IsoSeconds) },
  { title: 'PasswordPolicy' },
)
export type PasswordPolicyBody = Static<typeof PasswordPolicyBody>

/** What the organization asks of passwords: its own policy, or the default. */
export async function policyOf(db: Kysely<AccountsTables>, organizationId: number): Promise<PasswordPolicyBody> {
  const row = await policyRows(db, organizationId).executeTakeFirst()
  return row ? toBody(row) : DEFAULT_POLICY
}

/** `GET /organizations/password-policies` */
export async function readPasswordPolicy({ store }: AccountsContext, caller: Caller): Promise<PasswordPolicyBody> {
  return policyOf(store.db.withTables<AccountsTables>(), caller.organizationId)
}

/**
 * `PUT /organizations/password-policies`: what is not named stays as it is. Counts for every password that is set from now on.
 * @param wanted within the bounds of spec 50 §8
 * @throws ValenceError BODY_INVALID when no password could satisfy it
 */
export async function putPasswordPolicy(
  { store, now }: AccountsContext,
  caller: Caller,
  wanted: Partial<PasswordPolicy>,
): Promise<PasswordPolicyBody> {
  const { organizationId } = caller
  return store.changes.transaction(async (plainTrx) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const before = await policyOf(trx, organizationId)
    const policy = { ...pick(before), ...wanted }
    if (policy.minSymbols > 0 && policy.symbolCharacterSet === '') {
      throw new ValenceError('BODY_INVALID', 'symbolCharacterSet: empty, while minSymbols asks for some of it')
    }
    const row = { ...toColumns(policy), updated_at: now() }
    await trx
      .insertInto('password_policies')
      .values({ organization_id: organizationId, created_at: row.updated_at, ...row })
      .onConflict((conflict) => conflict.column('organization_id').doUpdateSet(row))
      .execute()
    await recordChange(trx, caller, {
      entity: 'password-policy',
      action: 'update',
      before: pick(before),
      after: policy,
    })
    return policyOf(trx, organizationId)
  })
}

/** `DELETE /organizations/password-policies`: back to the default. */
export async function deletePasswordPolicy({ store }: AccountsContext, caller: Caller): Promise<void> {
  await store.changes.transaction(async (plainTrx) => {
    const trx = plainTrx.withTables<AccountsTables>()
    const before = pick(await policyOf(trx, caller.organizationId))
    const remove = trx.deleteFrom('password_policies').where('organization_id', '=', caller.organizationId)
    const { numDeletedRows } = await remove.executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) return
    await recordChange(trx, caller, { entity: 'password-policy', action: 'delete', before, after: DEFAULT_POLICY })
  })
}

function policyRows(db: Kysely<AccountsTables>, organizationId: number) {
  return db.selectFrom('password_policies').selectAll().where('organization_id', '=', organizationId)
}

type Row = Awaited<ReturnType<ReturnType<typeof policyRows>['executeTakeFirstOrThrow']>>

function toBody(row: Row): PasswordPolicyBody {
  return {
    minLength: row.min_length,
    minUppercase: row.min_uppercase,
    minLowercase: row.min_lowercase,
    minNumbers: row.min_numbers,
    minSymbols: row.min_symbols,
    symbolCharacterSet: row.symbol_character_set,
    previousPasswordCount: row.previous_password_count,
    expirationDays: row.expiration_days,
    createdDt: isoSeconds(row.created_at),
    updatedDt: isoSeconds(row.updated_at),
  }
}

function toColumns(policy: PasswordPolicy) {
  return {
    min_length: policy.minLength,
    min_uppercase: policy.minUppercase,
    min_lowercase: policy.minLowercase,
    min_numbers: policy.minNumbers,
    min_symbols: policy.minSymbols,
    symbol_character_set: policy.symbolCharacterSet,
    previous_password_count: policy.previousPasswordCount,
    expiration_days: policy.expirationDays,
  }
}

function pick({ createdDt, updatedDt, ...policy }: PasswordPolicyBody): PasswordPolicy {
  return policy
}
