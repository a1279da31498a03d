import { ValenceError } from '../../errors.ts'
import { MAX_JSON_DEPTH } from '../../model/json-depth.ts'
import { MAX_ROW_BYTES } from './file-row.ts'

/** A JSON object at the top of a file, or in the list that is the file. */
export interface FoundObject {
  text: string
  /** from 1 */
  row: number
  /** in the file: its first byte, and the one behind it */
  start: number
  end: number
}

export interface ObjectScanner {
  /** @throws ValenceError BODY_INVALID */
  read(bytes: Buffer, found: (object: FoundObject) => void): void
  /** @throws ValenceError BODY_INVALID when the file ends in the middle of an object or of the list */
  end(found: (object: FoundObject) => void): void
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_OBJECT = 0x7b
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d

/** Bytes that mean something between the braces of an object: the quote, and brackets by how they change the depth. */
const STRUCTURE = new Int8Array(256)
for (const open of '{[') STRUCTURE[open.charCodeAt(0)] = 1
for (const close of '}]') STRUCTURE[close.charCodeAt(0)] = -1
STRUCTURE[QUOTE] = 2

/**
 * What may come between objects: `start`: anything a file begins with; `resumed`: what follows an object, of a list or not; `lines`:
 * another object; the others are places in a list.
 */
type Place = 'start' | 'resumed' | 'lines' | 'listStart' | 'afterItem' | 'afterComma' | 'closed'

/**
 * Finds where objects begin and end, without making values of them: a list of objects, one per line, a single one. Whether they are JSON
 * is for the parser to say. An object is found once the byte that follows it is there: what is cut off is noticed before its last row.
 *
 * @param startByte where the bytes begin in the file: 0, or the end of an object
 */
export function createObjectScanner({ startByte, startRow }: { startByte: number; startRow: number }): ObjectScanner {
  let place: Place = startByte === 0 ? 'start' : 'resumed'
  let row = startRow
  /** of the bytes in hand */
  let offset = startByte
  let depth = 0
  let inText = false
  let isEscaped = false
  /** where the object began that is being read, and what came of it before the bytes in hand */
  let start = 0
  let pieces: Buffer[] = []
  let waiting: FoundObject | undefined

  const failure = (what: string, byte: number) =>
    new ValenceError('BODY_INVALID', `Row ${row + 1} of the file (byte ${byte}) ${what}`)

  /** @returns place after the object, or after the last byte */
  function readObject(bytes: Buffer, from: number): number {
    let at = from
    const size = bytes.length
    while (at < size) {
      if (inText) {
        if (isEscaped) {
          isEscaped = false
          at++
          continue
        }
        let byte = bytes[at]
        while (at < size && byte !== QUOTE && byte !== BACKSLASH) byte = bytes[++at]
        if (at === size) break
        at++
        if (byte === QUOTE) inText = false
        else isEscaped = true
        continue
      }
      const change = STRUCTURE[bytes[at++] as number]
      if (change === 0) continue
      if (change === 2) inText = true
      else depth += change as number
      if (depth === 0) break
      if (depth > MAX_JSON_DEPTH) throw failure(`nests deeper than ${MAX_JSON_DEPTH} levels`, offset + at)
    }
    if (offset + at - start > MAX_ROW_BYTES) {
      throw failure(`is longer than ${MAX_ROW_BYTES / 1024 / 1024} MB; is a quote or a brace not closed?`, start)
    }
    return at
  }

  function keep(bytes: Buffer, from: number, to: number): void {
    if (depth > 0) {
      pieces.push(bytes.subarray(from, to))
      return
    }
    const text =
      pieces.length === 0
        ? bytes.toString('utf8', from, to)
        : Buffer.concat([...pieces, bytes.subarray(from, to)]).toString('utf8')
    pieces = []
    waiting = { text, row: ++row, start, end: offset + to }
  }

  function hand(found: (object: FoundObject) => void): void {
    const object = waiting
    waiting = undefined
    if (object) found(object)
  }

  /** Reads what stands between objects: one byte that is no white space. @returns whether an object begins with it */
  function readBetween(byte: number, at: number): boolean {
    switch (byte) {
      case OPEN_OBJECT:
        if (place === 'afterItem' || place === 'closed') break
        if (place === 'start' || place === 'resumed') place = 'lines'
        return true
      case OPEN_LIST:
        if (place !== 'start') break
        place = 'listStart'
        return false
      case COMMA:
        if (place !== 'afterItem' && place !== 'resumed') break
        place = 'afterComma'
        return false
      case CLOSE_LIST:
        if (place === 'start' || place === 'lines' || place === 'afterComma' || place === 'closed') break
        place = 'closed'
        return false
    }
    throw failure(EXPECTED[place], offset + at)
  }

  return {
    read(bytes, found) {
      let at = 0
      while (at < bytes.length) {
        const from = at
        if (depth === 0) {
          const byte = bytes[at] as number
          if (byte === 0x0a || byte === 0x20 || byte === 0x0d || byte === 0x09) {
            at++
            continue
          }
          const begins = readBetween(byte, at)
          hand(found)
          at++
          if (!begins) continue
          start = offset + from
          depth = 1
        }
        at = readObject(bytes, at)
        keep(bytes, from, at)
        if (depth === 0 && place !== 'lines') place = 'afterItem'
      }
      offset += bytes.length
    },
    end(found) {
      if (depth > 0) throw failure('is not complete: the file ends within it', start)
      if (place === 'listStart' || place === 'afterItem' || place === 'afterComma') {
        throw new ValenceError(
          'BODY_INVALID',
          `Row ${row + 1} of the file is missing: it ends at byte ${offset}, before its list is closed`,
        )
      }
      hand(found)
    },
  }
}

const EXPECTED: Readonly<Record<Place, string>> = {
  start: 'is no object; a file of JSON is a list of objects, or one object per line',
  resumed: 'is no object',
  lines: 'is no object; without a list around them, nothing but white space stands between objects',
  listStart: 'is no object',
  afterItem: 'does not follow a comma',
  afterComma: 'is no object',
  closed: 'comes after the end of the list',
}
