import type { Scope } from './scope.ts'

/** `Buffer`, which few scripts ask for: it is made when one does, and then is a global like others. */
export function provideBuffer(scope: Scope): void {
  const { defineProperty } = Object
  const plain = { writable: true, enumerable: true, configurable: true }
  let made: Scope['Buffer'] | undefined
  const get = (): Scope['Buffer'] => {
    made ??= scope.makeBuffer()
    return made
  }
  const set = (value: unknown) => void defineProperty(scope.global, 'Buffer', { value, ...plain })
  defineProperty(scope, 'Buffer', { get })
  scope.resets.push(() => {
    made = undefined
  })
  defineProperty(scope.global, 'Buffer', { get, set, enumerable: true, configurable: true })
  scope.modules['buffer'] = () => ({ Buffer: get() })
}

/** `Buffer`, as far as scripts use it: bytes with the encodings of Node. */
export function provideBufferMaker(scope: Scope): void {
  scope.makeBuffer = () => {
    const { utf8, base64 } = scope
    const charCodes = (text: string, mask: number): Uint8Array => {
      const bytes = new Uint8Array(text.length)
      for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at) & mask
      return bytes
    }
    const characters = (bytes: Uint8Array, mask: number): string => {
      const parts: string[] = []
      for (let at = 0; at < bytes.length; at += 4096) {
        parts.push(String.fromCharCode(...bytes.subarray(at, at + 4096).map((byte) => byte & mask)))
      }
      return parts.join('')
    }
    const fromHex = (text: string): Uint8Array => {
      const digits = /^(?:[0-9a-f]{2})*/i.exec(text)?.[0] ?? ''
      const bytes = new Uint8Array(digits.length / 2)
      for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16)
      return bytes
    }
    const toHex = (bytes: Uint8Array): string =>
      Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
    const fromUtf16 = (text: string): Uint8Array => {
      const bytes = new Uint8Array(2 * text.length)
      for (let at = 0; at < text.length; at++) {
        bytes[2 * at] = text.charCodeAt(at) & 0xff
        bytes[2 * at + 1] = text.charCodeAt(at) >> 8
      }
      return bytes
    }
    const toUtf16 = (bytes: Uint8Array): string => {
      const units: string[] = []
      for (let at = 0; at + 1 < bytes.length; at += 2) {
        units.push(String.fromCharCode((bytes[at] as number) | ((bytes[at + 1] as number) << 8)))
      }
      return units.join('')
    }

    interface Encoding {
      read(text: string): Uint8Array
      write(bytes: Uint8Array): string
    }
    const utf8Encoding: Encoding = { read: utf8.encode, write: utf8.decode }
    const latin1: Encoding = { read: (text) => charCodes(text, 0xff), write: (bytes) => characters(bytes, 0xff) }
    const utf16: Encoding = { read: fromUtf16, write: toUtf16 }
    const encodings: Record<string, Encoding | undefined> = {
      utf8: utf8Encoding,
      'utf-8': utf8Encoding,
      hex: { read: fromHex, write: toHex },
      base64: { read: base64.decode, write: base64.encode },
      base64url: {
        read: base64.decode,
        write: (bytes) => base64.encode(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, ''),
      },
      latin1,
      binary: latin1,
      ascii: { read: (text) => charCodes(text, 0xff), write: (bytes) => characters(bytes, 0x7f) },
      ucs2: utf16,
      'ucs-2': utf16,
      utf16le: utf16,
      'utf-16le': utf16,
    }
    const encodingOf = (name: unknown): Encoding => {
      const encoding = encodings[String(name ?? 'utf8').toLowerCase()]
      if (!encoding) throw new TypeError(`Unknown encoding: ${name}`)
      return encoding
    }

    /** Old scripts also call it without `new`. */
    const Buffer = function Buffer(value: unknown, second?: unknown, third?: unknown): Uint8Array {
      return Reflect.construct(
        Uint8Array,
        typeof value === 'string' ? [encodingOf(second).read(value)] : [value, second, third],
        Buffer,
      )
    } as unknown as Record<string, unknown> & (new (value: unknown, second?: unknown, third?: unknown) => Uint8Array)
    Object.setPrototypeOf(Buffer, Uint8Array)
    const methods: Record<string, unknown> = Object.create(Uint8Array.prototype, {
      constructor: { value: Buffer, writable: true, configurable: true },
    })
    Object.defineProperty(Buffer, 'prototype', { value: methods })

    const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array

    Object.assign(Buffer, {
      from(value: unknown, second?: unknown, third?: unknown) {
        if (typeof value === 'string' || value instanceof ArrayBuffer) return new Buffer(value, second, third)
        const data = (value as { type?: unknown; data?: unknown } | null)?.data
        if (Array.isArray(data)) return new Buffer(data)
        if (typeof value !== 'object' || value === null)
          throw new TypeError('Buffer.from takes text, bytes or a list of numbers')
        return new Buffer(isBytes(value) ? value : Array.from(value as ArrayLike<number>))
      },
      alloc(size: number, fill?: unknown, encoding?: unknown) {
        const buffer = new Buffer(size)
        return fill === undefined
          ? buffer
          : (methods['fill'] as (...values: unknown[]) => unknown).call(buffer, fill, encoding)
      },
      allocUnsafe: (size: number) => new Buffer(size),
      isBuffer: (value: unknown) => value instanceof Buffer,
      isEncoding: (name: unknown) => encodings[String(name).toLowerCase()] !== undefined,
      byteLength: (value: unknown, encoding?: unknown) =>
        typeof value === 'string' ? encodingOf(encoding).read(value).length : (value as ArrayBuffer).byteLength,
      concat(list: Uint8Array[], total?: number) {
        const buffer = new Buffer(total ?? list.reduce((size, bytes) => size + bytes.length, 0))
        let at = 0
        for (const bytes of list) {
          if (at >= buffer.length) break
          buffer.set(bytes.subarray(0, buffer.length - at), at)
          at += bytes.length
        }
        return buffer
      },
      compare(a: Uint8Array, b: Uint8Array): number {
        const at = a.findIndex((byte, index) => byte !== b[index])
        if (at < 0) return Math.sign(a.length - b.length)
        return at >= b.length || (a[at] as number) > (b[at] as number) ? 1 : -1
      },
    })

    const define = (name: string, value: unknown) =>
      Object.defineProperty(methods, name, { value, writable: true, configurable: true })
    define('toString', function (this: Uint8Array, encoding?: unknown, start = 0, end = this.length) {
      return encodingOf(encoding).write(Uint8Array.prototype.subarray.call(this, start, end))
    })
    define('toJSON', function (this: Uint8Array) {
      return { type: 'Buffer', data: Array.from(this) }
    })
    define('equals', function (this: Uint8Array, other: Uint8Array) {
      return this.length === other.length && this.every((byte, at) => byte === other[at])
    })
    define('slice', function (this: Uint8Array, start?: number, end?: number) {
      return this.subarray(start, end)
    })
    define('copy', function (this: Uint8Array, target: Uint8Array, at = 0, start = 0, end = this.length) {
      const part = this.subarray(start, Math.min(end, start + target.length - at))
      target.set(part, at)
      return part.length
    })
    define('write', function (this: Uint8Array, text: string, at: unknown = 0, length?: unknown, encoding?: unknown) {
      const name = [at, length, encoding].find((value) => typeof value === 'string')
      const start = typeof at === 'number' ? at : 0
      const room = typeof length === 'number' ? Math.min(length, this.length - start) : this.length - start
      const part = encodingOf(name).read(text).subarray(0, room)
      this.set(part, start)
      return part.length
    })
    define('fill', function (this: Uint8Array, value: unknown, encoding?: unknown) {
      if (typeof value !== 'string') return Uint8Array.prototype.fill.call(this, Number(value))
      const bytes = encodingOf(encoding).read(value)
      for (let at = 0; at < this.length && bytes.length > 0; at++) this[at] = bytes[at % bytes.length] as number
      return this
    })
    const indexOf = function (this: Uint8Array, value: unknown, from = 0): number {
      if (typeof value === 'number') return Uint8Array.prototype.indexOf.call(this, value, from)
      const wanted = typeof value === 'string' ? utf8.encode(value) : (value as Uint8Array)
      for (let at = from; at + wanted.length <= this.length; at++) {
        if (wanted.every((byte, index) => this[at + index] === byte)) return at
      }
      return -1
    }
    define('indexOf', indexOf)
    define('includes', function (this: Uint8Array, value: unknown, from = 0) {
      return indexOf.call(this, value, from) >= 0
    })

    const NUMBERS = [
      ['UInt8', 'Uint8', 1],
      ['Int8', 'Int8', 1],
      ['UInt16', 'Uint16', 2],
      ['Int16', 'Int16', 2],
      ['UInt32', 'Uint32', 4],
      ['Int32', 'Int32', 4],
      ['Float', 'Float32', 4],
      ['Double', 'Float64', 8],
      ['BigUInt64', 'BigUint64', 8],
      ['BigInt64', 'BigInt64', 8],
    ] as const
    const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (const [name, kind, size] of NUMBERS) {
      for (const order of size === 1 ? [''] : ['LE', 'BE']) {
        define(`read${name}${order}`, function (this: Uint8Array, at = 0) {
          return viewOf(this)[`get${kind}`](at, order === 'LE')
        })
        define(`write${name}${order}`, function (this: Uint8Array, value: never, at = 0) {
          viewOf(this)[`set${kind}`](at, value, order === 'LE')
          return at + size
        })
      }
    }

    return Buffer as unknown as Scope['Buffer']
  }
}
