import { Readable } from 'node:stream'
import { ValenceError } from '../errors.ts'

/** How much is kept while nobody reads, and before a slow reader makes the vendor wait. */
const BUFFERED_BYTES = 64 * 1024

/** The connection, as far as the body may steer it. */
export interface Flow {
  pause(): void
  resume(): void
  abort(reason: Error): void
}

/**
 * The body of one reply. Small ones are complete before anyone asks, so a stream is only made for who wants one:
 * `bytes` joins the chunks directly.
 */
export interface IncomingBody {
  receive(chunk: Buffer): void
  end(): void
  fail(error: ValenceError): void
  /** nobody has asked for it yet */
  isUnread(): boolean
  /** always the same stream; destroying it early closes the connection */
  stream(): Readable
  bytes(limitBytes: number): Promise<Buffer>
  /** frees the connection: a short rest is read and forgotten, a long one closes the connection */
  discard(): void
}

interface BytesReader {
  limitBytes: number
  resolve(bytes: Buffer): void
  reject(error: ValenceError): void
}

export function createIncomingBody(flow: Flow, host: string): IncomingBody {
  let chunks: Buffer[] = []
  let size = 0
  let isDone = false
  let isDiscarded = false
  let failure: ValenceError | undefined
  let stream: Readable | undefined
  let reader: BytesReader | undefined

  function overLimit(limitBytes: number): ValenceError {
    const error = tooLong(host, limitBytes)
    chunks = []
    if (!isDone) flow.abort(error)
    return error
  }

  return {
    receive(chunk) {
      if (isDone) return
      size += chunk.length
      if (stream !== undefined) {
        if (!stream.push(chunk)) flow.pause()
      } else if (isDiscarded) {
        if (size > BUFFERED_BYTES) flow.abort(new Error('the rest is not wanted'))
      } else if (reader !== undefined && size > reader.limitBytes) {
        reader.reject(overLimit(reader.limitBytes))
      } else {
        chunks.push(chunk)
        if (reader === undefined && size >= BUFFERED_BYTES) flow.pause()
      }
    },
    end() {
      if (isDone) return
      isDone = true
      if (stream !== undefined) stream.push(null)
      else reader?.resolve(joinBytes(chunks))
    },
    fail(error) {
      if (isDone) return
      isDone = true
      failure = error
      if (stream !== undefined) stream.destroy(error)
      else reader?.reject(error)
    },
    isUnread: () => stream === undefined && reader === undefined,
    stream() {
      if (stream !== undefined) return stream
      stream = new Readable({
        highWaterMark: BUFFERED_BYTES,
        read: () => flow.resume(),
        destroy(error, callback) {
          if (!isDone) {
            isDone = true
            flow.abort(error ?? new Error('the reader left'))
          }
          callback(error)
        },
      })
      // a connection can break before the reader listens; whoever reads still gets the error
      stream.on('error', () => undefined)
      for (const chunk of chunks) stream.push(chunk)
      chunks = []
      if (failure !== undefined) stream.destroy(failure)
      else if (isDone) stream.push(null)
      return stream
    },
    bytes(limitBytes) {
      if (stream !== undefined) return streamBytes(stream, limitBytes, host)
      if (failure !== undefined) return Promise.reject(failure)
      if (size > limitBytes) return Promise.reject(overLimit(limitBytes))
      if (isDone) return Promise.resolve(joinBytes(chunks))
      return new Promise((resolve, reject) => {
        reader = { limitBytes, resolve, reject }
        flow.resume()
      })
    },
    discard() {
      isDiscarded = true
      chunks = []
      flow.resume()
    },
  }
}

/**
 * Reads a stream to its end.
 * @throws ValenceError VENDOR_REPLY_INVALID when it is longer than `limitBytes` or cannot be decoded; the stream's own ValenceError
 */
export async function streamBytes(stream: Readable, limitBytes: number, host: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length
      // leaving the loop destroys the stream, and with it the connection
      if (size > limitBytes) throw tooLong(host, limitBytes)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof ValenceError) throw error
    throw new ValenceError('VENDOR_UNREACHABLE', `${host} broke off in the middle of its answer`, { cause: error })
  }
  return joinBytes(chunks)
}

/** A byte order mark is no part of the text (RFC 8259 §8.1). */
function joinBytes(chunks: Buffer[]): Buffer {
  const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return hasMark ? bytes.subarray(3) : bytes
}

function tooLong(host: string, limitBytes: number): ValenceError {
  return new ValenceError('VENDOR_REPLY_INVALID', `The answer of ${host} is longer than ${limitBytes} bytes`)
}
