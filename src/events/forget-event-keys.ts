import { sql } from 'kysely'
import type { Store } from '../store/database.ts'

/** Vendors that send a delivery again do so within hours. */
const KEEP_MS = 7 * 86_400_000
const AT_ONCE = 10_000

/** Removes names of deliveries that are old. @returns how many */
export async function forgetEventKeys({ db }: Pick<Store, 'db'>, now: Date): Promise<number> {
  const before = new Date(now.getTime() - KEEP_MS)
  let forgotten = 0
  for (let some = AT_ONCE; some === AT_ONCE; forgotten += some) {
    const { numAffectedRows } = await sql`
      delete from event_keys where (lane, key) in (
        select lane, key from event_keys where received_at < ${before} limit ${AT_ONCE} for update skip locked
      )`.execute(db)
    some = Number(numAffectedRows ?? 0)
  }
  return forgotten
}
