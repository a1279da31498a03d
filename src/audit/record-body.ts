import Type, { type Static } from 'typebox'
import type { AuditTable } from './audit-table.ts'

const SIDE = 'Only what differs; secrets are `********`; of more than 32 KiB what changed without how'

/** A record on the wire, in snake case as usage logs are (spec 41 §9, 00 §13); what it does not have is left out. */
export const AuditRecord = Type.Object(
  {
    id: Type.String(),
    timestamp: Type.String({ format: 'date-time' }),
    entity_type: Type.String({ description: 'What it is about: `element`, `element-instance`, `user` …' }),
    entity_id: Type.Optional(Type.String({ description: 'Its id; of a refused call what the path named' })),
    action: Type.String({ description: '`create`, `update`, `delete`, `share` …' }),
    method: Type.Optional(Type.String()),
    resource_uri: Type.Optional(Type.String({ description: 'Path of the call, without its query' })),
    status: Type.Optional(Type.Integer({ description: 'What the call was answered' })),
    user_id: Type.Optional(Type.Integer({ description: 'Who did it' })),
    account_id: Type.Optional(Type.Integer({ description: 'Whose thing it is' })),
    org_id: Type.Optional(Type.Integer()),
    instance_id: Type.Optional(Type.Integer()),
    ip_address: Type.Optional(Type.String()),
    request_id: Type.Optional(Type.String({ description: '`Elements-Request-Id` of the call' })),
    before: Type.Optional(Type.Unknown({ description: SIDE })),
    after: Type.Optional(Type.Unknown({ description: SIDE })),
  },
  { title: 'AuditRecord' },
)
export type AuditRecord = Static<typeof AuditRecord>

export function toAuditRecord(row: AuditTable): AuditRecord {
  return {
    id: row.id,
    timestamp: row.at.toISOString(),
    entity_type: row.entity_type,
    action: row.action,
    ...present({
      entity_id: row.entity_id,
      method: row.method,
      resource_uri: row.resource_uri,
      status: row.status,
      user_id: row.user_id,
      account_id: row.account_id,
      org_id: row.organization_id,
      instance_id: row.instance_id,
      ip_address: row.ip_address,
      request_id: row.request_id,
      before: row.before === null ? null : (JSON.parse(row.before) as unknown),
      after: row.after === null ? null : (JSON.parse(row.after) as unknown),
    }),
  }
}

/** The members that have a value. */
function present<T extends object>(members: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null)) as never
}
