import type { AuditRecord } from '../../audit/record-body.ts'
import type { Caller } from '../../model/account.ts'
import { reaches } from './user-scope.ts'

/**
 * A record of the audit log as far as a caller may see what it is about: that a user was changed, and by whom, but not how, unless he sees the
 * user as well. Otherwise the log would tell everybody the address and telephone of his colleagues.
 */
export function shownRecord(caller: Caller, record: AuditRecord): AuditRecord {
  const { before, after, ...rest } = record
  if (record.entity_type !== 'user' || (before === undefined && after === undefined)) return record
  const user = { id: Number(record.entity_id), account_id: record.account_id ?? 0 }
  return reaches(caller, user, 'list') ? record : rest
}
