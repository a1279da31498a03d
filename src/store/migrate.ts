import { Kysely, PostgresDialect } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { Pool } from 'pg'
import { ValenceError } from '../errors.ts'
import { connectOnce } from './connect-once.ts'
import { databaseAddress, reasonOf } from './database-address.ts'
import { foundation } from './migrations/0001-foundation.ts'
import { elements } from './migrations/0002-elements.ts'
import { traces } from './migrations/0003-traces.ts'
import { accounts } from './migrations/0004-accounts.ts'
import { usage } from './migrations/0005-usage.ts'
import { audit } from './migrations/0006-audit.ts'
import { organizationElements } from './migrations/0007-organization-elements.ts'
import { traceRequests } from './migrations/0008-trace-requests.ts'
import { commonResources } from './migrations/0009-common-resources.ts'
import { snippets } from './migrations/0010-snippets.ts'
import { events } from './migrations/0011-events.ts'
import { notifications } from './migrations/0012-notifications.ts'
import { schedules } from './migrations/0013-schedules.ts'
import { pollers } from './migrations/0014-pollers.ts'
import { instanceFinders } from './migrations/0015-instance-finders.ts'
import { mails } from './migrations/0016-mails.ts'
import { deliveryLines } from './migrations/0017-delivery-lines.ts'
import { overdueRetries } from './migrations/0018-overdue-retries.ts'
import { bulk } from './migrations/0019-bulk.ts'
import { formulas } from './migrations/0020-formulas.ts'

/** Written out, not discovered: a new migration is one file and one line here, under a name that sorts last. */
const MIGRATIONS: Record<string, Migration> = {
  '0001-foundation': foundation,
  '0002-elements': elements,
  '0003-traces': traces,
  '0004-accounts': accounts,
  '0005-usage': usage,
  '0006-audit': audit,
  '0007-organization-elements': organizationElements,
  '0008-trace-requests': traceRequests,
  '0009-common-resources': commonResources,
  '0010-snippets': snippets,
  '0011-events': events,
  '0012-notifications': notifications,
  '0013-schedules': schedules,
  '0014-pollers': pollers,
  '0015-instance-finders': instanceFinders,
  '0016-mails': mails,
  '0017-delivery-lines': deliveryLines,
  '0018-overdue-retries': overdueRetries,
  '0019-bulk': bulk,
  '0020-formulas': formulas,
}

/**
 * Brings the database to the newest schema. Several processes may start at once: one migrates, the others wait for its lock and find
 * nothing left to do. All of it is one transaction; a failure leaves the database as it was.
 *
 * @param databaseUrl `postgres://…`
 * @throws ValenceError UNAVAILABLE when the database cannot be reached, INTERNAL when a migration fails or the database is newer than this version
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const pool = new Pool({ connectionString: databaseUrl, max: 1, connectionTimeoutMillis: 10_000 })
  let connectionError: Error | undefined
  pool.on('error', (error) => {
    connectionError = error // an idle connection broke; rethrown below unless a query reports it first
  })
  try {
    await connectOnce(pool, databaseUrl)
    const db = new Kysely<Record<string, never>>({ dialect: new PostgresDialect({ pool }) })
    const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
    const { error, results } = await migrator.migrateToLatest()
    if (error)
      throw migrationFailed(databaseUrl, error, results?.find((result) => result.status === 'Error')?.migrationName)
    if (connectionError) throw migrationFailed(databaseUrl, connectionError)
  } finally {
    await pool.end()
  }
}

function migrationFailed(databaseUrl: string, cause: unknown, migrationName?: string): ValenceError {
  const reason = reasonOf(cause)
  const newer = /previously executed migration (\S+) is missing/.exec(reason)?.[1]
  const message = newer
    ? `the database ${databaseAddress(databaseUrl)} was migrated by a newer Valence (it contains "${newer}"); start that version or restore a backup`
    : `migration ${migrationName ? `"${migrationName}" ` : ''}of ${databaseAddress(databaseUrl)} failed and was rolled back: ${reason}`
  return new ValenceError('INTERNAL', message, { cause })
}
