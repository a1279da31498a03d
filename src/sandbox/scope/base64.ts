import type { Scope } from './scope.ts'

/** Base64 in both alphabets, `atob` and `btoa`. */
export function provideBase64(scope: Scope): void {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const codes = new Int16Array(128).fill(-1)
  for (let at = 0; at < 64; at++) codes[ALPHABET.charCodeAt(at)] = at
  codes['-'.charCodeAt(0)] = 62
  codes['_'.charCodeAt(0)] = 63

  const encode = (bytes: Uint8Array): string => {
    const parts: string[] = []
    for (let at = 0; at < bytes.length; at += 3) {
      const left = bytes.length - at
      const bits = ((bytes[at] as number) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
      parts.push(
        ALPHABET.charAt(bits >> 18) +
          ALPHABET.charAt((bits >> 12) & 63) +
          (left > 1 ? ALPHABET.charAt((bits >> 6) & 63) : '=') +
          (left > 2 ? ALPHABET.charAt(bits & 63) : '='),
      )
    }
    return parts.join('')
  }

  /** Like Node: what is not of the alphabet is passed over, and the first `=` ends it. */
  const decode = (text: string): Uint8Array => {
    const bytes = new Uint8Array(Math.ceil((text.length * 3) / 4))
    let size = 0
    let bits = 0
    let held = 0
    for (let at = 0; at < text.length && text[at] !== '='; at++) {
      const code = codes[text.charCodeAt(at)] ?? -1
      if (code < 0) continue
      bits = ((bits << 6) | code) & 0xffffff
      held += 6
      if (held < 8) continue
      held -= 8
      bytes[size++] = (bits >> held) & 0xff
    }
    return bytes.slice(0, size)
  }

  scope.base64 = { encode, decode }

  scope.global['btoa'] = (text: unknown): string => {
    const bytes = Uint8Array.from(String(text), (character) => {
      const code = character.charCodeAt(0)
      if (code > 255 || character.length > 1) throw new Error('btoa takes characters of one byte only')
      return code
    })
    return encode(bytes)
  }
  scope.global['atob'] = (text: unknown): string => {
    const clean = String(text).replace(/[\t\n\f\r ]/g, '')
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(clean)) throw new Error('atob takes base64 only')
    return Array.from(decode(clean), (code) => String.fromCharCode(code)).join('')
  }
}
