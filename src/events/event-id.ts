import { randomBytes } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const TIME_DIGITS = 8
const RANDOM_DIGITS = 12
const EVENT_ID = /^[0-9A-Za-z]{20}$/

/**
 * Id of an event: 20 letters and digits (spec 40 §8), of which the first eight are the time of receipt, so that ids sort by time and a
 * look-up knows the day whose partition holds the event.
 *
 * @param random bytes to make the rest of; at least 12
 */
export function eventIdAt(time: Date, random: Uint8Array = randomBytes(RANDOM_DIGITS)): string {
  let digits = ''
  for (let rest = time.getTime(); digits.length < TIME_DIGITS; rest = Math.floor(rest / 62))
    digits = digit(rest % 62) + digits
  for (const byte of random.subarray(0, RANDOM_DIGITS)) digits += digit(byte % 62)
  return digits
}

/** @returns the time of receipt, or undefined for what is no id of an event */
export function timeOfEventId(id: string): Date | undefined {
  if (!EVENT_ID.test(id)) return undefined
  let time = 0
  for (const char of id.slice(0, TIME_DIGITS)) time = time * 62 + ALPHABET.indexOf(char)
  return time <= 8.64e15 ? new Date(time) : undefined
}

function digit(value: number): string {
  return ALPHABET.charAt(value)
}
