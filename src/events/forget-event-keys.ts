import { sql } from 'kysely'
import type { Store } from '../store/database.ts'

const DAY_MS = 86_400_000
/** What one statement removes: none of them locks a table for long. */
const PIECE = 5_000

/**
 * Names of deliveries are remembered as long as the events that they name (`VALENCE_EVENT_DAYS`); a vendor repeats a delivery within hours.
 *
 * @returns how many were forgotten
 */
export async function forgetEventKeys({ db }: Pick<Store, 'db'>, keepDays: number, now: Date): Promise<number> {
  const oldest = new Date(now.getTime() - keepDays * DAY_MS)
  let forgotten = 0
  for (let gone = PIECE; gone === PIECE; forgotten += gone) {
    const { numAffectedRows = 0n } = await sql`
      delete from event_keys
      where ctid = any(array(select ctid from event_keys where received_at < ${oldest} limit ${PIECE}))`.execute(db)
    gone = Number(numAffectedRows)
  }
  return forgotten
}
