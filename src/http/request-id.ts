import { randomBytes } from 'node:crypto'

/**
 * Makes request ids: 24 lower-case hex digits in the shape of a Mongo ObjectId (spec 00 §5): seconds, a random number
 * of this process, a counter.
 */
export function createRequestIds(now: () => number = Date.now): () => string {
  const process = randomBytes(5).toString('hex')
  let counter = randomBytes(3).readUIntBE(0, 3)
  return () => {
    counter = (counter + 1) & 0xffffff
    const seconds = Math.floor(now() / 1000)
    return seconds.toString(16).padStart(8, '0') + process + counter.toString(16).padStart(6, '0')
  }
}
