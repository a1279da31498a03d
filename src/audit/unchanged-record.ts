import type { Caller } from '../model/account.ts'
import { storableText } from '../model/storable-text.ts'
import type { AuditTable } from './audit-table.ts'
import type { EntityType } from './entity-type.ts'
import { requestColumns } from './request-columns.ts'

/** of what a path names, which may be anything */
const MAX_ID = 200

/**
 * The record of a call that changed nothing.
 * @param entity what it was about; `id` as the caller named it
 * @param status what it was answered
 */
export function unchangedRecord(
  caller: Pick<Caller, 'userId' | 'accountId' | 'organizationId' | 'via'>,
  { entity, id, action }: { entity: EntityType; id: string | undefined; action: string },
  status: number,
): Omit<AuditTable, 'id'> {
  const isInstance = entity === 'element-instance' && /^[1-9]\d{0,8}$/.test(id ?? '')
  return {
    at: new Date(),
    organization_id: caller.organizationId,
    account_id: caller.accountId,
    user_id: caller.userId,
    instance_id: isInstance ? Number(id) : null,
    entity_type: entity,
    entity_id: id === undefined ? null : storableText(id).slice(0, MAX_ID),
    action,
    ...requestColumns(caller.via, status),
    before: null,
    after: null,
  }
}
