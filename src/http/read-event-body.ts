import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib'
import { ValenceError } from '../errors.ts'

/** Anybody may send events: what their bodies take in memory has an end, for each and for all together. */
export interface BodyLimits {
  bytes: number
  /** of all requests that are not answered yet */
  totalBytes: number
  /** beside those, for bodies that are no longer than `smallBytes`: a few large ones that never end do not keep them out */
  smallTotalBytes: number
  smallBytes: number
  /** until the body is whole */
  timeoutMs: number
}

/** The body of one request, and the memory that it takes until `release`. */
export interface EventBody {
  /**
   * Every byte, unpacked where the request says that it is packed.
   * @throws ValenceError BODY_TOO_LARGE (413), MEDIA_TYPE_UNSUPPORTED (415) for an unknown packing, BODY_INVALID (400, 408 when it takes too
   * long) and UNAVAILABLE (503) when all together are too large
   */
  read(request: IncomingMessage): Promise<Buffer>
  release(): void
}

export const EVENT_BODY_LIMITS: BodyLimits = {
  bytes: 5 * 1024 * 1024,
  totalBytes: 256 * 1024 * 1024,
  smallTotalBytes: 64 * 1024 * 1024,
  smallBytes: 64 * 1024,
  timeoutMs: 30_000,
}

type Unpack = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>
const UNPACK: Readonly<Record<string, Unpack>> = {
  gzip: promisify(gunzip) as Unpack,
  'x-gzip': promisify(gunzip) as Unpack,
  deflate: promisify(inflate) as Unpack,
  br: promisify(brotliDecompress) as Unpack,
  zstd: promisify(zstdDecompress) as Unpack,
}

export function createEventBodies(limits: BodyLimits = EVENT_BODY_LIMITS): () => EventBody {
  let total = 0
  return () => {
    let held = 0
    const hold = (bytes: number) => {
      const more = held + bytes <= limits.smallBytes ? limits.smallTotalBytes : 0
      if (total + bytes > limits.totalBytes + more) throw tooMuch()
      total += bytes
      held += bytes
    }
    return {
      async read(request) {
        const unpack = unpackerOf(request)
        if (Number(request.headers['content-length'] ?? 0) > limits.bytes) throw tooLarge(limits)
        const bytes = await collect(request, limits, hold)
        if (!unpack || bytes.length === 0) return bytes
        const unpacked = await unpacking(unpack, bytes, limits)
        hold(unpacked.length)
        return unpacked
      },
      release() {
        total -= held
        held = 0
      },
    }
  }
}

function collect(request: IncomingMessage, limits: BodyLimits, hold: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const timer = setTimeout(() => end(tooSlow(limits)), limits.timeoutMs)
    const onData = (chunk: Buffer) => {
      size += chunk.length
      try {
        if (size > limits.bytes) throw tooLarge(limits)
        hold(chunk.length)
        chunks.push(chunk)
      } catch (error) {
        end(error)
      }
    }
    const onEnd = () => end(undefined)
    const onClose = () => end(broken())
    const onError = (cause: Error) => end(broken(cause))
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onError)

    function end(error: unknown): void {
      clearTimeout(timer)
      request.off('data', onData).off('end', onEnd).off('close', onClose)
      if (error === undefined) resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))
      else reject(error)
    }
  })
}

function unpackerOf({ headers }: IncomingMessage): Unpack | undefined {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (encoding === '' || encoding === 'identity') return undefined
  if (Object.hasOwn(UNPACK, encoding)) return UNPACK[encoding]
  const known = Object.keys(UNPACK).join(', ')
  throw new ValenceError('MEDIA_TYPE_UNSUPPORTED', `Content-Encoding "${encoding}": expected one of ${known}`)
}

async function unpacking(unpack: Unpack, bytes: Buffer, limits: BodyLimits): Promise<Buffer> {
  try {
    return await unpack(bytes, { maxOutputLength: limits.bytes })
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limits)
    throw new ValenceError('BODY_INVALID', 'The body is not packed as its Content-Encoding says', { cause })
  }
}

function tooLarge({ bytes }: BodyLimits): ValenceError {
  return new ValenceError('BODY_TOO_LARGE', `The body of an event may have ${bytes} bytes`)
}

function tooMuch(): ValenceError {
  return new ValenceError('UNAVAILABLE', 'Too many large events arrive at once; send this one again later', {
    headers: { 'retry-after': '5' },
  })
}

function tooSlow({ timeoutMs }: BodyLimits): ValenceError {
  return new ValenceError('BODY_INVALID', `The body was not whole after ${timeoutMs / 1000} s`, { status: 408 })
}

function broken(cause?: Error): ValenceError {
  return new ValenceError('BODY_INVALID', 'The connection ended before the request body was whole', { cause })
}
