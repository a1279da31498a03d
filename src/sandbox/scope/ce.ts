import type { Scope } from './scope.ts'

/** The global `CE`: helpers that the platform has always given to scripts (spec 11 §6.6, 20 §10.2, 31 §4.2). */
export function provideCe(scope: Scope): void {
  const { crypto } = scope
  const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'
  const randomString = (): string =>
    Array.from({ length: 10 }, () => ALPHABET.charAt(Math.floor(Math.random() * ALPHABET.length))).join('')

  const hmac = (algorithm: string) => (encoding: string) => (secret: unknown, text: unknown) =>
    crypto.createHmac(algorithm, textOf(secret)).update(textOf(text)).digest(encoding)
  const textOf = (value: unknown): unknown => (value instanceof Uint8Array ? value : String(value))

  const CE: Record<string, unknown> = {
    randomString,
    randomEmail: () => `${randomString()}@example.com`,
    md5: (text: unknown) => crypto.createHash('md5').update(textOf(text)).digest('hex'),
    b64: (text: unknown) => scope.Buffer.from(textOf(text), 'utf8').toString('base64'),
    decode64: (text: unknown) => scope.Buffer.from(String(text), 'base64').toString('utf8'),
    hmac,
  }
  for (const name of ['Md5', 'Sha1', 'Sha256', 'Sha512']) {
    const keyed = hmac(name.toLowerCase())
    CE[`hmac${name}Hex`] = keyed('hex')
    CE[`hmac${name}hex`] = keyed('hex')
    CE[`hmac${name}Base64`] = keyed('base64')
    CE[`hmac${name}base64`] = keyed('base64')
  }
  scope.global['CE'] = CE
}
