import type { Scope } from './scope.ts'

/** UTF-8, `TextEncoder` and `TextDecoder`: V8 alone has none of them. */
export function provideUtf8(scope: Scope): void {
  const encode = (text: string): Uint8Array => {
    const wellFormed = text.toWellFormed()
    const bytes = new Uint8Array(wellFormed.length * 3)
    let size = 0
    for (let at = 0; at < wellFormed.length; at++) {
      const code = wellFormed.codePointAt(at) as number
      if (code < 0x80) bytes[size++] = code
      else {
        if (code < 0x800) bytes[size++] = 0xc0 | (code >> 6)
        else {
          if (code < 0x10000) bytes[size++] = 0xe0 | (code >> 12)
          else {
            at++
            bytes[size++] = 0xf0 | (code >> 18)
            bytes[size++] = 0x80 | ((code >> 12) & 0x3f)
          }
          bytes[size++] = 0x80 | ((code >> 6) & 0x3f)
        }
        bytes[size++] = 0x80 | (code & 0x3f)
      }
    }
    return bytes.slice(0, size)
  }

  /** Bytes that follow a first one, and the smallest code point of that length; undefined for what can be no first byte. */
  const shapeOf = (first: number): readonly [count: number, bits: number, smallest: number] | undefined => {
    if (first < 0x80) return [0, first, 0]
    if (first >= 0xc2 && first < 0xe0) return [1, first & 0x1f, 0x80]
    if (first >= 0xe0 && first < 0xf0) return [2, first & 0x0f, 0x800]
    return first >= 0xf0 && first < 0xf5 ? [3, first & 0x07, 0x10000] : undefined
  }

  const REPLACEMENT = 0xfffd
  const decode = (bytes: Uint8Array): string => {
    const parts: string[] = []
    let units: number[] = []
    const put = (code: number) => {
      if (code < 0x10000) units.push(code)
      else units.push(0xd800 | ((code - 0x10000) >> 10), 0xdc00 | ((code - 0x10000) & 0x3ff))
      if (units.length < 4096) return
      parts.push(String.fromCharCode(...units))
      units = []
    }
    for (let at = 0; at < bytes.length; ) {
      const shape = shapeOf(bytes[at++] as number)
      if (!shape) {
        put(REPLACEMENT)
        continue
      }
      let [count, code, smallest] = shape
      while (count > 0 && at < bytes.length && ((bytes[at] as number) & 0xc0) === 0x80) {
        code = (code << 6) | ((bytes[at++] as number) & 0x3f)
        count--
      }
      const isWrong = count > 0 || code < smallest || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)
      put(isWrong ? REPLACEMENT : code)
    }
    parts.push(String.fromCharCode(...units))
    return parts.join('')
  }

  scope.utf8 = { encode, decode }
  const bytesOf = (source: ArrayBuffer | ArrayBufferView): Uint8Array =>
    ArrayBuffer.isView(source)
      ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
      : new Uint8Array(source)
  scope.global['TextEncoder'] = class TextEncoder {
    readonly encoding = 'utf-8'
    encode = (text = '') => encode(String(text))
  }
  scope.global['TextDecoder'] = class TextDecoder {
    readonly encoding = 'utf-8'
    constructor(label = 'utf-8') {
      if (!/^(utf-?8|unicode-1-1-utf-8)$/i.test(label))
        throw new RangeError(`only UTF-8 can be decoded, not "${label}"`)
    }
    decode = (source?: ArrayBuffer | ArrayBufferView) => {
      const text = source === undefined ? '' : decode(bytesOf(source))
      return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
    }
  }
}
