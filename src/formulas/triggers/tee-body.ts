import { pipeline, type Readable, Transform } from 'node:stream'

/** What passed, when it is over. */
export interface Passed {
  /** undefined: there was more than is kept */
  bytes: Buffer | undefined
  sizeBytes: number
  /** it broke off, or whoever read it went away */
  isCut: boolean
}

/**
 * A stream like the one given, which is remembered up to a limit while somebody else reads it. It is read no faster for that, and fails as the other
 * one does.
 */
export function teeBody(source: Readable, limitBytes: number, onEnd: (passed: Passed) => void): Readable {
  let kept: Buffer[] | undefined = []
  let sizeBytes = 0
  const copy = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length
      if (sizeBytes > limitBytes) kept = undefined
      kept?.push(chunk)
      done(null, chunk)
    },
  })
  pipeline(source, copy, (error) =>
    onEnd({ bytes: kept && Buffer.concat(kept), sizeBytes, isCut: error !== undefined && error !== null }),
  )
  return copy
}
