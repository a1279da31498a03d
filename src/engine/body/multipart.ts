import { Readable } from 'node:stream'
import type { UploadedPart } from '../../model/exchange.ts'

/** A text field, or an uploaded part under its own or another name (`{ ...part, name: 'photo' }`). */
export type OutgoingPart = { name: string; value: string } | OutgoingFile
type OutgoingFile = Omit<UploadedPart, 'sizeBytes'> & { sizeBytes?: number }

export interface MultipartBody {
  contentType: string
  /** undefined when a part does not know its size */
  lengthBytes: number | undefined
  /** the body from its beginning; again for every attempt */
  open(): Readable
}

/**
 * A `multipart/form-data` body (RFC 7578), of any size in flat memory: parts are read while they are sent.
 * Names and file names are UTF-8, with quotes and control characters percent-encoded, as browsers do.
 * @param boundary up to 70 letters and digits that occur in no part: `multipartBoundary`
 */
export function encodeMultipart(parts: readonly OutgoingPart[], boundary: string): MultipartBody {
  const pieces = parts.map((part) => ({ part, head: Buffer.from(`--${boundary}\r\n${headOf(part)}\r\n`) }))
  const tail = Buffer.from(`--${boundary}--\r\n`)
  async function* chunks(reading: Reading): AsyncGenerator<Buffer> {
    for (const { part, head } of pieces) {
      yield head
      if ('value' in part) {
        yield Buffer.from(part.value)
      } else {
        reading.part = part.open()
        for await (const chunk of reading.part) yield chunk
      }
      yield LINE_END
    }
    yield tail
  }
  const sizes = pieces.map(({ part, head }) => head.length + sizeOf(part) + LINE_END.length)
  const total = sizes.reduce((sum, size) => sum + size, tail.length)
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    lengthBytes: Number.isNaN(total) ? undefined : total,
    open: () => streamOf(chunks),
  }
}

interface Reading {
  /** the part that is being read */
  part?: Readable
}

/** A body that is given up while it waits for a part ends that part: a generator that waits cannot be told to. */
function streamOf(chunks: (reading: Reading) => AsyncGenerator<Buffer>): Readable {
  const reading: Reading = {}
  const stream = Readable.from(chunks(reading), { objectMode: false })
  const endGenerator = stream._destroy.bind(stream)
  stream._destroy = (error, callback) => {
    reading.part?.destroy()
    endGenerator(error, callback)
  }
  return stream
}

/** @param random from 0 to 1 */
export function multipartBoundary(random: () => number): string {
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 36).toString(36))
  return `valence${digits.join('')}`
}

const LINE_END = Buffer.from('\r\n')

function headOf(part: OutgoingPart): string {
  const disposition = `Content-Disposition: form-data; name="${quotable(part.name)}"`
  if ('value' in part) return `${disposition}\r\n`
  const { fileName, contentType } = part
  const file = fileName === undefined ? '' : `; filename="${quotable(fileName)}"`
  const type = contentType ?? (fileName === undefined ? undefined : UNKNOWN_TYPE)
  return `${disposition}${file}\r\n${type === undefined ? '' : `Content-Type: ${safeType(type)}\r\n`}`
}

function quotable(text: string): string {
  return text
    .toWellFormed()
    .replace(/["\p{Cc}]/gu, (char) =>
      char === '"' || char < '\u0080' ? `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}` : '',
    )
}

const UNKNOWN_TYPE = 'application/octet-stream'

/** A type that could end its line, or is none, says nothing. */
function safeType(type: string): string {
  return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[\x20-\x7e]*)?$/.test(type) ? type : UNKNOWN_TYPE
}

function sizeOf(part: OutgoingPart): number {
  return 'value' in part ? Buffer.byteLength(part.value) : (part.sizeBytes ?? Number.NaN)
}
