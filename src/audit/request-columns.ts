import type { RequestFacts } from '../model/account.ts'
import { storableText } from '../model/storable-text.ts'
import type { AuditTable } from './audit-table.ts'

type RequestColumns = Pick<AuditTable, 'method' | 'resource_uri' | 'status' | 'ip_address' | 'request_id'>

const MAX_URI = 2_000

/** @param via undefined: nobody asked over HTTP, every column is null */
export function requestColumns(via: RequestFacts | undefined, status: number): RequestColumns {
  return {
    method: via?.method ?? null,
    resource_uri: via ? storableText(via.uri).slice(0, MAX_URI) : null,
    status: via ? status : null,
    ip_address: via?.ip ?? null,
    request_id: via?.requestId ?? null,
  }
}
