import { randomBytes } from 'node:crypto'

/**
 * Ids by which records are in the order in which they were made: 12 hex digits of milliseconds since 1970, 4 that count within
 * one millisecond of this process, 8 at random.
 */
export function createRecordIds(): (at: Date) => string {
  let last = 0
  let count = 0
  return (at) => {
    const ms = at.getTime()
    count = ms === last ? count + 1 : 0
    last = ms
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
