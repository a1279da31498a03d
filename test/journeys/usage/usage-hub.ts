import { sql } from 'kysely'
import { insertUsage } from '../../../src/usage/insert-usage.ts'
import type { UsageFact } from '../../../src/usage/usage-record.ts'
import { toRecord } from '../../../src/usage/usage-record.ts'
import type { UsageRecord } from '../../../src/usage/usage-table.ts'
import { usageDb } from '../../../src/usage/usage-table.ts'
import { ADMIN, type TestHub } from '../../support/hub.ts'

/** Owners of records, as the people of a test are. */
export interface Owner {
  organizationId: number
  accountId: number
  userId: number
}

export async function adminOf({ hub: { store } }: TestHub): Promise<Owner> {
  const { rows } = await sql<Owner>`
    select organization_id as "organizationId", account_id as "accountId", id as "userId"
    from users where email = ${ADMIN.email}`.execute(store.db)
  const [admin] = rows
  if (!admin) throw new Error('the hub has no administrator')
  return admin
}

let count = 0

/** Puts records into the log as if there had been such calls. @returns their ids */
export async function writeUsage(
  hub: TestHub,
  owner: Owner,
  records: readonly (Partial<UsageRecord> & { traffic_date: Date })[],
): Promise<string[]> {
  const fact: UsageFact = {
    ...owner,
    requestId: '',
    startedAt: 0,
    method: 'GET',
    url: '/elements/api-v2/instances',
    ip: '127.0.0.1',
    status: 200,
    ms: 10,
    operation: 'instances.list',
    call: undefined,
    message: undefined,
    providerMessage: undefined,
  }
  const whole = records.map((record) => ({
    ...toRecord(fact),
    traffic_id: (0xabc000000000 + ++count).toString(16).padStart(24, 'e'),
    ...record,
  }))
  await insertUsage(
    usageDb(hub.hub.store),
    whole.map((record) => JSON.stringify(record)),
  )
  return whole.map(({ traffic_id }) => traffic_id)
}
