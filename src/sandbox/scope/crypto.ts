import type { Scope } from './scope.ts'

/** `crypto`: hashes and random numbers. The runner computes them; only texts pass between. */
export function provideCrypto(scope: Scope): void {
  type Bytes = InstanceType<typeof scope.Buffer>
  const bytesOf = (value: unknown, encoding?: unknown): Bytes => scope.Buffer.from(value, encoding)
  const fromRunner = (question: string, ...values: (string | number)[]): Bytes =>
    scope.Buffer.from(scope.ask(question, ...values), 'base64')

  const digester = (compute: (data: string) => Bytes) => {
    const parts: Bytes[] = []
    let isOver = false
    const self = {
      update(value: unknown, encoding?: unknown) {
        if (isOver) throw new Error('Digest already called')
        parts.push(bytesOf(value, encoding))
        return self
      },
      digest(encoding?: unknown) {
        if (isOver) throw new Error('Digest already called')
        isOver = true
        const bytes = compute(scope.Buffer.concat(parts).toString('base64'))
        return encoding === undefined || encoding === 'buffer' ? bytes : bytes.toString(encoding)
      },
    }
    return self
  }
  const createHash = (algorithm: unknown) => digester((data) => fromRunner('hash', String(algorithm), data))
  const createHmac = (algorithm: unknown, key: unknown) => {
    const keyText = bytesOf(key).toString('base64')
    return digester((data) => fromRunner('hmac', String(algorithm), keyText, data))
  }

  const randomBytes = (size: number) => fromRunner('randomBytes', Number(size))
  const timingSafeEqual = (a: Uint8Array, b: Uint8Array): boolean => {
    if (a.length !== b.length) throw new RangeError('Input buffers must have the same byte length')
    return a.reduce((difference, byte, at) => difference | (byte ^ (b[at] as number)), 0) === 0
  }

  const crypto = {
    createHash,
    createHmac,
    randomBytes,
    randomUUID: () => scope.ask('randomUuid'),
    randomInt: (low: number, high?: number) => {
      const [from, below] = high === undefined ? [0, low] : [low, high]
      return from + (Number.parseInt(randomBytes(6).toString('hex'), 16) % (below - from))
    },
    timingSafeEqual,
    getHashes: () => JSON.parse(scope.ask('hashes')),
  }
  scope.crypto = { createHash, createHmac }
  scope.modules['crypto'] = () => crypto
  scope.global['crypto'] = {
    randomUUID: crypto.randomUUID,
    getRandomValues<T extends Uint8Array>(target: T): T {
      const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
      bytes.set(randomBytes(bytes.length))
      return target
    },
  }
}
