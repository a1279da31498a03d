import { randomBytes } from 'node:crypto'

/**
 * Ids by which records are in the order in which they were made: 12 hex digits of milliseconds since 1970, 4 that this
 * process counts, 8 at random.
 */
export function createRecordIds(): (at: Date) => string {
  let newest = 0
  let count = 0
  return (at) => {
    const ms = at.getTime()
    // it goes on: ids of several milliseconds may be asked for in turns, and beginning anew each time would mix up their order
    count += 1
    if (ms > newest) {
      newest = ms
      if (count > 0x7fff) count = 0
    }
    return hex(ms, 12) + hex(count & 0xffff, 4) + randomBytes(4).toString('hex')
  }
}

/** When the record was made that has this id. */
export function timeOf(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 12), 16))
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
