import { type Kysely, sql } from 'kysely'
import type { Caller } from '../../model/account.ts'
import type { FormulaTables } from '../formula-table.ts'

/** A `Caller` is one. */
export type Viewer = Pick<Caller, 'organizationId' | 'accountId' | 'organizationAdmin'>

/**
 * Formulas that run in somebody's name: those of his own account and of the default account, of administrators as well. An administrator sees what
 * users of other accounts wrote, but it must not do what he may do: its writers can change it after he has looked.
 */
export function formulasRunBy(db: Kysely<FormulaTables>, owner: Omit<Viewer, 'organizationAdmin'>) {
  return formulasSeenBy(db, { ...owner, organizationAdmin: false })
}

/**
 * Formulas that somebody sees (spec 30 §7): those of his own account and of the default account; an administrator of the organization those of all
 * its accounts.
 *
 * @param db may be a transaction
 */
export function formulasSeenBy(db: Kysely<FormulaTables>, viewer: Viewer) {
  const { organizationId, accountId, organizationAdmin } = viewer
  const all = db.selectFrom('formulas').where('formulas.organization_id', '=', organizationId)
  if (organizationAdmin) return all
  const defaultAccount = sql<number>`(select id from accounts where organization_id = ${organizationId} and default_account)`
  return all.where(({ eb, or }) =>
    or([eb('formulas.account_id', '=', accountId), eb('formulas.account_id', 'in', defaultAccount)]),
  )
}
