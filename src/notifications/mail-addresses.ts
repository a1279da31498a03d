import { ValenceError } from '../errors.ts'

const MAX_ADDRESSES = 50
const MAX_CHARS = 254
/** What stands between `<` and `>`: no blanks, no line breaks, nothing that separates addresses (a part of RFC 5321 §4.1.2 that mail is sent to). */
const ADDRESS = /^[^\s@<>"(),:;\\\p{Cc}]+@[^\s@<>"(),:;\\\p{Cc}]+$/u

/**
 * Reads addresses of a mail: a text with commas or semicolons, or a list. Names beside addresses (`Ada <ada@example.com>`) are left out.
 *
 * @throws ValenceError BODY_INVALID naming the member and the address
 */
export function readAddresses(value: unknown, name: string): string[] {
  const list = Array.isArray(value) ? value : String(value).split(/[,;]/)
  const addresses = list
    .map((one) => String(one).trim())
    .filter((one) => one !== '')
    .map((one) => readAddress(one, name))
  if (addresses.length === 0 || addresses.length > MAX_ADDRESSES) {
    throw new ValenceError(
      'BODY_INVALID',
      `${name}: expected 1 to ${MAX_ADDRESSES} mail addresses, got ${addresses.length}`,
    )
  }
  return [...new Set(addresses)]
}

/** @throws ValenceError BODY_INVALID */
export function readAddress(text: string, name: string): string {
  const address = /^[^<>\p{Cc}]*<([^<>]*)>$/u.exec(text)?.[1]?.trim() ?? text
  if (address.length > MAX_CHARS || !ADDRESS.test(address)) {
    throw new ValenceError('BODY_INVALID', `${name}: "${text.slice(0, 100)}" is no mail address`)
  }
  return address
}
