import type { LogScope } from '../model/log-scope.ts'
import type { Slots } from '../model/slots.ts'

/**
 * Reads of a log in turn: they go over millions of records, and whoever asks a hundred such questions at once must not take all connections to
 * the database, nor an organization the turns of the others.
 *
 * @throws ValenceError UNAVAILABLE (503) when its turn did not come in time
 */
export function inTurn<T>(
  { slots }: { slots: Pick<Slots, 'run'> },
  { organizationId }: Pick<LogScope, 'organizationId'>,
  read: () => Promise<T>,
): Promise<T> {
  return slots.run(read, [`organization ${organizationId}`])
}
