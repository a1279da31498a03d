import { JsonText } from '../../model/exchange.ts'
import { extractPath, type RootPath } from '../root-path.ts'

/**
 * The part of a JSON document below a root path as JSON text, without null members and without making a value of every
 * record: parsing and writing a page of records again is more than half of a hub call. It does for bytes what
 * `extractRoot` and `dropNulls` do for values, in one pass.
 *
 * Documents it cannot follow are left to `JSON.parse`: it returns undefined, and the caller goes the long way. What it
 * returns is well-formed. Two things differ from the long way, both in favour of the vendor's own text: numbers keep
 * their digits (ids beyond 2^53, `1.50`), and a member that a record repeats is repeated.
 */
export interface JsonSlice {
  part: JsonText
  /** the document with `null` in place of the part */
  envelope: unknown
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const MAX_DEPTH = 100

/** Where reading and writing are; every function moves it on and returns false when it cannot follow. */
interface Cursor {
  source: Buffer
  at: number
  out: Buffer
  length: number
  withoutNulls: boolean
  /** elements of the array that was copied last */
  count: number | undefined
}

export function sliceJson(
  source: Buffer,
  root: RootPath | undefined,
  { withoutNulls }: { withoutNulls: boolean },
): JsonSlice | undefined {
  const path = splitAtEach(root)
  if (!path) return undefined
  const cursor: Cursor = {
    source,
    at: 0,
    out: scratch(source.length),
    length: 0,
    withoutNulls,
    count: undefined,
  }
  for (const name of path.before) if (!enterMember(cursor, name)) return undefined
  skipSpace(cursor)
  const start = cursor.at
  if (!(path.each ? copyEach(cursor, path.after) : copyValue(cursor))) return undefined
  const envelope = readEnvelope(source, start, cursor.at)
  // the place was found by scanning; the parser must find it in the same place
  if (envelope === undefined || (path.before.length > 0 && extractPath(envelope, path.beforePath) !== null))
    return undefined
  return { part: new JsonText(cursor.out.toString('utf8', 0, cursor.length), cursor.count), envelope }
}

/** Written and read within one call, so one buffer serves all of them; a large page gets its own. */
const SCRATCH = Buffer.allocUnsafeSlow(256 * 1024)

function scratch(size: number): Buffer {
  return size <= SCRATCH.length ? SCRATCH : Buffer.allocUnsafe(size)
}

/** Closing bracket of each open one, by depth; used within one call like `SCRATCH`. */
const closers = new Uint8Array(MAX_DEPTH)

/** Whether `sliceJson` can follow a root path at all. */
export function isSliceable(root: RootPath | undefined): boolean {
  return splitAtEach(root) !== undefined
}

/** `items[*].data` → names before the list, and at most one name inside its elements. */
function splitAtEach(root: RootPath | undefined) {
  const before: string[] = []
  const after: string[] = []
  let each = false
  for (const step of root?.steps ?? []) {
    if (step === 'each') {
      if (each) return undefined
      each = true
    } else if ('index' in step) {
      return undefined
    } else {
      ;(each ? after : before).push(step.name)
    }
  }
  if (after.length > 1) return undefined
  return { before, each, after: after[0], beforePath: { text: '', steps: before.map((name) => ({ name })) } }
}

function readEnvelope(source: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse(`${source.toString('utf8', 0, start)}null${source.toString('utf8', end)}`)
  } catch {
    return undefined // malformed around the part: the long way says so
  }
}

/** From the `{` of an object to the value of its member. */
function enterMember(cursor: Cursor, name: string): boolean {
  skipSpace(cursor)
  if (cursor.source[cursor.at] !== OPEN_OBJECT) return false
  cursor.at++
  for (;;) {
    const isWanted = readName(cursor, name)
    if (isWanted === undefined) return false
    if (isWanted) return true
    if (!skipValue(cursor)) return false
    skipSpace(cursor)
    if (cursor.source[cursor.at++] !== COMMA) return false
  }
}

/** Reads `"name":`. @returns whether it is the wanted one; undefined when there is no plain name here */
function readName(cursor: Cursor, wanted: string): boolean | undefined {
  const { source } = cursor
  skipSpace(cursor)
  if (source[cursor.at] !== QUOTE) return undefined
  const start = cursor.at + 1
  let at = start
  for (let byte = source[at]; byte !== QUOTE; byte = source[++at]) {
    // an escaped name could be the wanted one in disguise
    if (byte === undefined || byte === BACKSLASH) return undefined
  }
  cursor.at = at + 1
  skipSpace(cursor)
  if (source[cursor.at++] !== COLON) return undefined
  return source.toString('utf8', start, at) === wanted
}

/** Copies every element of an array, or of each element the member of one name; elements without it are left out. */
function copyEach(cursor: Cursor, name: string | undefined): boolean {
  const { source, out } = cursor
  if (source[cursor.at++] !== OPEN_ARRAY) return false
  out[cursor.length++] = OPEN_ARRAY
  let count = 0
  skipSpace(cursor)
  if (source[cursor.at] === CLOSE_ARRAY) cursor.at++
  else {
    for (;;) {
      if (count > 0) out[cursor.length++] = COMMA
      const copied = name === undefined ? copyValue(cursor) || undefined : copyMember(cursor, name)
      if (copied === undefined) return false
      if (copied) count++
      else if (count > 0) cursor.length--
      skipSpace(cursor)
      const next = source[cursor.at++]
      if (next === CLOSE_ARRAY) break
      if (next !== COMMA) return false
    }
  }
  out[cursor.length++] = CLOSE_ARRAY
  cursor.count = count
  return true
}

/** One element: copies the member called `name`, reads over the others. @returns whether there was one; undefined: cannot follow */
function copyMember(cursor: Cursor, name: string): boolean | undefined {
  const { source } = cursor
  skipSpace(cursor)
  if (source[cursor.at++] !== OPEN_OBJECT) return undefined
  skipSpace(cursor)
  if (source[cursor.at] === CLOSE_OBJECT) {
    cursor.at++
    return false
  }
  let copied = false
  for (;;) {
    const isWanted = readName(cursor, name)
    if (isWanted === undefined || (isWanted && copied)) return undefined
    if (!(isWanted ? copyValue(cursor) : skipValue(cursor))) return undefined
    copied ||= isWanted
    skipSpace(cursor)
    const next = source[cursor.at++]
    if (next === CLOSE_OBJECT) return copied
    if (next !== COMMA) return undefined
  }
}

/**
 * Copies one value, checking its form: the only loop that touches every byte, so it works on local variables and copies
 * whole runs. A null member is taken back: the run ends where its name began.
 */
function copyValue(cursor: Cursor): boolean {
  const { source, out, withoutNulls } = cursor
  const end = source.length
  let at = cursor.at
  /** where the bytes begin that are read but not yet copied to `out[length]` */
  let run = at
  let length = cursor.length
  let depth = 0
  let nameAt = 0
  let elements = 0
  /** inside an object, before a name */
  let expectsName = false
  /** right after `{` or `[` */
  let mayClose = false
  while (isSpace(source[at])) at++
  const isArray = source[at] === OPEN_ARRAY

  for (;;) {
    let byte = source[at] as number
    if (byte <= 0x20) {
      while (isSpace(byte)) byte = source[++at] as number
    }
    if (byte === QUOTE) {
      nameAt = at
      for (;;) {
        do at++
        while (PLAIN[source[at] as number] === 1)
        byte = source[at] as number
        if (byte === QUOTE) break
        // control characters must be escaped; the end of the text stops here as well
        if (byte !== BACKSLASH || !isEscape(source, at)) return false
        at++
      }
      at++
      if (expectsName) {
        while (isSpace(source[at])) at++
        if (source[at++] !== COLON) return false
        expectsName = false
        mayClose = false
        if (source[at] !== 0x6e && !isSpace(source[at])) continue
        while (isSpace(source[at])) at++
        if (!withoutNulls || source[at] !== 0x6e) continue
        if (!isWord(source, at, NULL)) return false
        length += source.copy(out, length, run, nameAt)
        at = run = at + 4
        // the comma goes with the member: the one behind it, or, at the end of the object, the one before
        while (isSpace(source[at])) at++
        if (source[at] === COMMA) {
          at++
          while (isSpace(source[at])) at++
          if (source[at] !== QUOTE) return false
          run = at
          expectsName = true
          continue
        }
        while (isSpace(out[length - 1])) length--
        if (out[length - 1] === COMMA) length--
        run = at
      }
    } else if (expectsName && !(mayClose && byte === CLOSE_OBJECT)) {
      return false
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (++depth >= MAX_DEPTH) return false
      closers[depth] = byte + 2
      at++
      expectsName = byte === OPEN_OBJECT
      mayClose = true
      continue
    } else if (mayClose && byte === closers[depth]) {
      if (isArray && depth === 1) elements--
    } else if (byte === 0x6e || byte === 0x74 || byte === 0x66) {
      const word = byte === 0x6e ? NULL : byte === 0x74 ? TRUE : FALSE
      if (!isWord(source, at, word)) return false
      at += word.length
    } else {
      const start = at
      while (isNumeric(byte)) byte = source[++at] as number
      if (!isNumber(source, start, at)) return false
    }

    // a value is complete: close what ends here, or go on behind a comma
    for (;;) {
      if (depth === 0) {
        cursor.length = length + source.copy(out, length, run, at)
        cursor.at = at
        cursor.count = isArray ? elements : undefined
        return true
      }
      while (at < end && isSpace(source[at])) at++
      byte = source[at++] as number
      if (isArray && depth === 1) elements++
      if (byte === COMMA) {
        expectsName = closers[depth] === CLOSE_OBJECT
        mayClose = false
        break
      }
      if (byte !== closers[depth]) return false
      depth--
    }
  }
}

/** Reads over one value that is not wanted. Its form is checked by `readEnvelope` only as far as brackets go. */
function skipValue(cursor: Cursor): boolean {
  const { source } = cursor
  let at = cursor.at
  let depth = 0
  for (;;) {
    const byte = source[at]
    if (byte === undefined) return false
    if (byte === QUOTE) {
      for (;;) {
        do at++
        while (PLAIN[source[at] as number] === 1)
        if (source[at] === QUOTE) break
        if (source[at] !== BACKSLASH) return false
        at++
      }
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth++
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (depth === 0) break
      depth--
    } else if (byte === COMMA && depth === 0) {
      break
    }
    at++
  }
  cursor.at = at
  return true
}

function skipSpace(cursor: Cursor): void {
  while (isSpace(cursor.source[cursor.at])) cursor.at++
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** 1 for every byte that a string may hold as it is */
const PLAIN = new Uint8Array(256).fill(1, 0x20)
PLAIN[QUOTE] = 0
PLAIN[BACKSLASH] = 0

const NULL = Buffer.from('null')
const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')
const ESCAPED = Buffer.from('"\\/bfnrt')

function isWord(source: Buffer, at: number, word: Buffer): boolean {
  for (let index = 0; index < word.length; index++) if (source[at + index] !== word[index]) return false
  return true
}

/** `\\n` and its kind; the digits of `\\u00e9` are copied like any text. */
function isEscape(source: Buffer, at: number): boolean {
  const escaped = source[at + 1]
  if (escaped === 0x75) return /^[\da-f]{4}$/i.test(source.toString('latin1', at + 2, at + 6))
  return escaped !== undefined && ESCAPED.includes(escaped)
}

function isNumeric(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2b || byte === 0x2e || byte === 0x65 || byte === 0x45
  )
}

/** Whole numbers without a leading zero are nearly all there are; the others are left to the parser's own rule. */
function isNumber(source: Buffer, start: number, end: number): boolean {
  const from = source[start] === 0x2d ? start + 1 : start
  const lead = source[from] as number
  let isPlain = end > from && (lead !== 0x30 || end === from + 1)
  for (let at = from; isPlain && at < end; at++) {
    const byte = source[at] as number
    isPlain = byte >= 0x30 && byte <= 0x39
  }
  return isPlain || /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(source.toString('latin1', start, end))
}
