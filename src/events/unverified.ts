import { sql, type Transaction } from 'kysely'
import type { Cipher } from '../store/cipher.ts'
import { isWithin, keysOf } from './waiting-events.ts'

/**
 * A webhook is verified at the door, by what its instance asks for. Where the instance is found later, so is what it asks for, and what
 * the answer needs is kept until then: sealed, because credentials of the vendor may be among it.
 */
export interface Unverified {
  /** as the vendor called it: public address, path and query as received */
  url: string
  /** in order and as often as they came, also `authorization`; without `cookie` */
  headers: readonly (readonly [name: string, value: string])[]
  /** what followed the element in the path */
  reference: string | undefined
}

export function sealUnverified(cipher: Pick<Cipher, 'seal'>, eventId: string, unverified: Unverified): string {
  return cipher.seal(JSON.stringify(unverified), contextOf(eventId))
}

/** @throws ValenceError INTERNAL when the text was altered or moved, or its key is no longer in the ring */
export function openUnverified(cipher: Pick<Cipher, 'open'>, eventId: string, sealed: string): Unverified {
  return JSON.parse(cipher.open(sealed, contextOf(eventId))) as Unverified
}

/** Nothing of it is needed once every instance is known. */
export async function forgetUnverified<DB>(
  trx: Transaction<DB>,
  events: readonly { id: string; received_at: Date }[],
): Promise<void> {
  if (events.length === 0) return
  await sql`
    update events event set unverified = null from ${keysOf(events)}
    where event.received_at = key.received_at and event.id = key.id and ${isWithin('event', events)}`.execute(trx)
}

/** As `contextOf` of `store/cipher.ts` would write it, had events numbers. */
function contextOf(eventId: string): string {
  return `events.unverified:${eventId}`
}
