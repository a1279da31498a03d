import { SEALED_COLUMNS as ACCOUNT_COLUMNS } from '../accounts/secrets.ts'
import { SEALED_COLUMNS as BULK_COLUMNS } from '../bulk/bulk-table.ts'
import { countUnderOlderKeys } from '../bulk/files/older-keys.ts'
import type { Config } from '../config.ts'
import { SEALED_COLUMNS as FORMULA_COLUMNS } from '../formulas/formula-table.ts'
import { SEALED_COLUMNS as APPLICATION_COLUMNS } from '../instances/applications.ts'
import { SEALED_COLUMNS as INSTANCE_COLUMNS } from '../instances/instance-table.ts'
import { SEALED_COLUMNS as PROXY_COLUMNS } from '../instances/oauth-proxies.ts'
import { createLog } from '../main.ts'
import { SEALED_COLUMNS as MAIL_COLUMNS } from '../notifications/mail-table.ts'
import { SEALED_COLUMNS as SUBSCRIPTION_COLUMNS } from '../notifications/notification-table.ts'
import { SEALED_COLUMNS as SCHEDULE_COLUMNS } from '../schedules/schedule-table.ts'
import { generateRingKey } from '../store/key-ring.ts'
import { openDatabase } from '../store/open-database.ts'
import { rotateKeys } from '../store/rotate-keys.ts'

/**
 * `valence keys rotate`: re-encrypts everything with the first key of the ring while hubs keep working. With
 * `VALENCE_KEYS` the operator put the new key in front and restarted the hubs; a generated ring gets a new key here.
 */
export async function rotateKeyRing(config: Config): Promise<void> {
  if (config.keys === undefined) console.log(`New key: ${await generateRingKey(config.dataDir)}`)
  const log = createLog({ ...config, logLevel: 'warn' })
  const { store, close } = await openDatabase(config, log, (error) => log.error(error.message), { shared: true })
  try {
    const tables = [
      ...ACCOUNT_COLUMNS,
      ...SUBSCRIPTION_COLUMNS,
      ...MAIL_COLUMNS,
      ...INSTANCE_COLUMNS,
      ...PROXY_COLUMNS,
      ...APPLICATION_COLUMNS,
      ...SCHEDULE_COLUMNS,
      ...BULK_COLUMNS,
      ...FORMULA_COLUMNS,
    ]
    const rotations = await rotateKeys(store, { tables })
    for (const { table, column, rotated, left, failures } of rotations) {
      console.log(`${table}.${column}: ${rotated} re-encrypted, ${left} left`)
      for (const { id, reason } of failures) console.error(`  ${table} ${id}: ${reason}`)
    }
    const left = rotations.reduce((sum, rotation) => sum + rotation.left, 0)
    const { parts, errors } = await countUnderOlderKeys(store)
    console.log(`files of bulk jobs: ${parts} parts, ${errors} rows of errors under an older key`)
    console.log(conclusion(left, parts + errors, config.bulkDays))
    if (left > 0) process.exitCode = 1
  } finally {
    await close()
  }
}

/**
 * @param left values that should have been re-encrypted
 * @param kept what goes by itself
 */
function conclusion(left: number, kept: number, bulkDays: number): string {
  if (left > 0) return `${left} values are still under an older key; run it again.`
  if (kept === 0) return 'Done: older keys may be removed from the ring.'
  return `Done: older keys must stay in the ring until those files are gone, ${bulkDays} days after the end of their jobs. Run it again then.`
}
