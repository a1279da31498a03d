import { isUtf8 } from 'node:buffer'
import { ValenceError } from '../../errors.ts'

interface Charset {
  name: string
  /** of the mark at the beginning, which is not part of the text */
  markBytes: number
}

/** Text is decoded in slices of this size, so that nobody waits long, and an error says about where it is. */
const SLICE_BYTES = 64 * 1024

/**
 * A text file as UTF-8 without a byte order mark. What the mark says comes before `charset`; without both, a file whose first character
 * has a zero byte is UTF-16, any other UTF-8.
 *
 * @param charset name as in a Content-Type, e.g. `windows-1252`, `utf-16le`
 * @throws ValenceError BODY_INVALID for an unknown charset, and where the bytes are no text in it, with the number of the byte (from 0)
 */
export async function* toUtf8(
  chunks: AsyncIterable<Buffer>,
  { charset }: { charset?: string } = {},
): AsyncGenerator<Buffer, void, undefined> {
  const declared = charset === undefined ? undefined : nameOf(charset)
  let waiting: Buffer = Buffer.alloc(0)
  let convert: Converter | undefined
  for await (const chunk of chunks) {
    if (convert) {
      yield* inSlices(chunk, convert)
      continue
    }
    waiting = Buffer.concat([waiting, chunk])
    if (waiting.length < LONGEST_MARK) continue
    convert = converterFor(waiting, declared)
    yield* inSlices(waiting, convert)
  }
  convert ??= converterFor(waiting, declared)
  if (waiting.length < LONGEST_MARK) yield* inSlices(waiting, convert)
  const rest = convert(Buffer.alloc(0), true)
  if (rest.length > 0) yield rest
}

/** Bytes of the file, which follow those of the call before, to UTF-8. What ends within a character waits for the next call. */
type Converter = (bytes: Buffer, isLast: boolean) => Buffer

function* inSlices(chunk: Buffer, convert: Converter): Generator<Buffer, void, undefined> {
  for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
    const converted = convert(chunk.subarray(at, at + SLICE_BYTES), false)
    if (converted.length > 0) yield converted
  }
}

const LONGEST_MARK = 3

const MARKS: readonly (Charset & { mark: readonly number[] })[] = [
  { name: 'utf-8', mark: [0xef, 0xbb, 0xbf], markBytes: 3 },
  { name: 'utf-16le', mark: [0xff, 0xfe], markBytes: 2 },
  { name: 'utf-16be', mark: [0xfe, 0xff], markBytes: 2 },
]

function charsetOf(start: Buffer, declared: string | undefined): Charset {
  const marked = MARKS.find(({ mark }) => mark.every((byte, at) => start[at] === byte))
  if (marked) return marked
  return { name: declared ?? guessed(start), markBytes: 0 }
}

/** No table and no JSON begins with U+0000. */
function guessed(start: Buffer): string {
  if (start[0] === 0 && start[1] !== 0 && start.length > 1) return 'utf-16be'
  return start[1] === 0 && start[0] !== 0 ? 'utf-16le' : 'utf-8'
}

function nameOf(charset: string): string {
  try {
    return new TextDecoder(charset.trim()).encoding
  } catch (cause) {
    throw new ValenceError('BODY_INVALID', `The charset "${charset}" of the file is not known; use utf-8`, { cause })
  }
}

function converterFor(start: Buffer, declared: string | undefined): Converter {
  const { name, markBytes } = charsetOf(start, declared)
  const convert = name === 'utf-8' ? checkUtf8(markBytes) : decode(name, markBytes)
  let toSkip = markBytes
  return (bytes, isLast) => {
    const skipped = Math.min(toSkip, bytes.length)
    toSkip -= skipped
    return convert(bytes.subarray(skipped), isLast)
  }
}

function checkUtf8(startByte: number): Converter {
  let byte = startByte
  let carried: Buffer = Buffer.alloc(0)
  return (bytes, isLast) => {
    const all = carried.length === 0 ? bytes : Buffer.concat([carried, bytes])
    const end = isLast ? all.length : all.length - openBytes(all)
    const whole = all.subarray(0, end)
    if (!isUtf8(whole)) {
      throw new ValenceError(
        'BODY_INVALID',
        `Byte ${byte + firstInvalid(whole)} of the file is no UTF-8; save it as UTF-8, or name its charset (Content-Type: text/csv; charset=windows-1252)`,
      )
    }
    byte += end
    carried = Buffer.from(all.subarray(end))
    return whole
  }
}

/** Bytes at the end that may be the beginning of a character. */
function openBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if (byte >= 0xc0) return lengthFrom(byte) > back ? back : 0
    if (byte < 0x80) return 0
  }
  return 0
}

function lengthFrom(first: number): number {
  if (first < 0x80) return 1
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
}

/** @returns place of the first character that is none */
function firstInvalid(bytes: Buffer): number {
  let at = 0
  while (at < bytes.length) {
    const length = lengthFrom(bytes[at] as number)
    if (!isUtf8(bytes.subarray(at, at + length))) return at
    at += length
  }
  return at
}

function decode(name: string, startByte: number): Converter {
  const decoder = new TextDecoder(name, { fatal: true, ignoreBOM: true })
  let byte = startByte
  return (bytes, isLast) => {
    try {
      const text = decoder.decode(bytes, { stream: !isLast })
      byte += bytes.length
      return Buffer.from(text)
    } catch (cause) {
      const where = `Between byte ${Math.max(0, byte - 3)} and ${byte + bytes.length} of the file`
      throw new ValenceError('BODY_INVALID', `${where} is something that is no ${name}`, { cause })
    }
  }
}
