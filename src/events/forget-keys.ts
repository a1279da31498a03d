import { sql } from 'kysely'
import type { Store } from '../store/database.ts'

const DAY_MS = 86_400_000
const PIECE = 5_000

/** Names of deliveries are remembered as long as the events that they name; a vendor repeats a delivery within hours. */
export async function forgetOldKeys({ db }: Pick<Store, 'db'>, keepDays: number, now: Date): Promise<void> {
  const oldest = new Date(now.getTime() - keepDays * DAY_MS)
  for (let gone = PIECE; gone === PIECE; ) {
    const { numAffectedRows = 0n } = await sql`
      delete from event_keys where ctid = any(array(select ctid from event_keys where received_at < ${oldest} limit ${PIECE}))
    `.execute(db)
    gone = Number(numAffectedRows)
  }
}
