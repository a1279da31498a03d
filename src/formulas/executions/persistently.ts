import { setTimeout as wait } from 'node:timers/promises'
import { ValenceError } from '../../errors.ts'

/** in all less than a process that stops has for its jobs */
const PAUSES_MS = [100, 300, 1_000, 2_000, 4_000]

/**
 * Writes, and writes again while the database is away or refuses to be hurried. What an answer said is in the memory of this process alone: to give
 * it up means that nobody knows what became of the request. Whatever is written must be refused a second time, or do no more than the first did.
 *
 * @throws whatever the last attempt threw
 */
export async function persistently<T>(write: () => Promise<T>): Promise<T> {
  for (const ms of PAUSES_MS) {
    try {
      return await write()
    } catch (error) {
      if (!(error instanceof ValenceError) || error.code !== 'UNAVAILABLE') throw error
    }
    await wait(ms)
  }
  return write()
}
