import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Time-based one-time codes as authenticator apps make them: HMAC-SHA1, 30 seconds, 6 digits, the only combination that all of them know.
 * Source: RFC 6238, RFC 4226 §5.3; the URI: "Key Uri Format" of Google Authenticator.
 */
const STEP_SECONDS = 30
const DIGITS = 6
/** RFC 4226 §4 asks for 128 bits and recommends 160. */
const SECRET_BYTES = 20
/** A clock may be one step off. */
const DRIFT = [-1, 0, 1]

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** @returns base32 without padding, as apps take it */
export function newTotpSecret(): string {
  return toBase32(randomBytes(SECRET_BYTES))
}

/** What a QR code for an authenticator app holds. @param account shown in the app beside the issuer, an e-mail address */
export function otpauthUrl(secret: string, account: string, issuer: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=${DIGITS}&period=${STEP_SECONDS}`
}

/** Number of 30-second steps since 1970. */
export function stepOf(at: Date): number {
  return Math.floor(at.getTime() / 1000 / STEP_SECONDS)
}

export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', fromBase32(secret)).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 0x0f
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** DIGITS).padStart(DIGITS, '0')
}

/**
 * The step whose code this is, around now.
 * @param after the step of the last code that was taken: neither it nor an older one is taken again
 */
export function matchingStep(secret: string, code: string, at: Date, after: number | null): number | undefined {
  const given = Buffer.from(code)
  return DRIFT.map((drift) => stepOf(at) + drift).find((step) => {
    const expected = Buffer.from(totpCode(secret, step))
    return step > (after ?? -1) && expected.length === given.length && timingSafeEqual(expected, given)
  })
}

function toBase32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}

function fromBase32(text: string): Buffer {
  const bits = [...text].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
