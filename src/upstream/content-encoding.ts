import { pipeline, Readable, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'
import { ValenceError } from '../errors.ts'

/** "deflate" means zlib (RFC 9110 §8.4.1.2), but some servers send the raw form; the first byte tells. */
const DECODERS: Record<string, (firstByte: number) => Transform> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  br: () => createBrotliDecompress(),
  deflate: (firstByte) => ((firstByte & 0x0f) === 8 ? createInflate() : createInflateRaw()),
}

/**
 * We ask for no compression unless the caller's headers do; some vendors compress anyway.
 * @param header value of `content-encoding`
 * @returns the names, last applied first; empty when there is nothing to undo or one of them is unknown to us
 */
export function decodableEncodings(header: string | string[] | undefined): string[] {
  if (header === undefined) return []
  const names = String(header)
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
  return names.length <= 3 && names.every((name) => Object.hasOwn(DECODERS, name)) ? names.reverse() : []
}

/**
 * @returns the plain bytes. It decodes only as fast as it is read, so a decompression bomb costs its reader's limit and no
 * more. Fails with VENDOR_REPLY_INVALID when the bytes are not what the header says.
 */
export function decodeBody(source: Readable, encodings: readonly string[], host: string): Readable {
  const plain = Readable.from(decoded(source, encodings, host), { objectMode: false, highWaterMark: 64 * 1024 })
  // also when it is destroyed before the first read, which the generator would never notice
  plain.once('close', () => source.destroy())
  plain.on('error', () => undefined)
  return plain
}

async function* decoded(source: Readable, encodings: readonly string[], host: string): AsyncGenerator<Buffer> {
  try {
    let plain: AsyncIterable<Buffer> = source
    for (const name of encodings) plain = decode(plain, name)
    yield* plain
  } catch (error) {
    if (error instanceof ValenceError) throw error
    throw new ValenceError('VENDOR_REPLY_INVALID', `The compressed answer of ${host} cannot be read`, { cause: error })
  }
}

async function* decode(source: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]()
  const first = await chunks.next()
  const decoder = first.done ? undefined : DECODERS[name]?.(first.value[0] ?? 0)
  // no body at all is no mistake, whatever the header says
  if (decoder === undefined) return
  async function* all(): AsyncGenerator<Buffer> {
    yield first.value
    yield* { [Symbol.asyncIterator]: () => chunks }
  }
  // whoever iterates the decoder gets the error
  yield* pipeline(Readable.from(all()), decoder, () => undefined)
}
