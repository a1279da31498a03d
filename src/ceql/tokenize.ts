import { ValenceError } from '../errors.ts'
import type { Value } from './ast.ts'

/**
 * A place in a query text. What a character means depends on whether a name, an operator or a value is due, so the
 * parser asks for the token it needs instead of receiving a list. Every function that takes a token also takes the
 * blanks behind it, and looks at each character a fixed number of times.
 */
export interface Cursor {
  readonly text: string
  /** UTF-16 offset, from 0 */
  at: number
}

const OPEN = 0x28
const CLOSE = 0x29
const COMMA = 0x2c
const LESS = 0x3c
const EQUALS = 0x3d
const GREATER = 0x3e
const BANG = 0x21
const LOWER_CASE_BIT = 0x20

/**
 * @param at offset of the surprise; the message counts from 1
 * @param expected completes "expected …"
 * @returns QUERY_INVALID; the text starts with "Error parsing query: " (spec 21 §1.2)
 */
export function expected(cursor: Cursor, expected: string, at = cursor.at): ValenceError {
  const rest = Array.from(cursor.text.slice(at, at + 40).trimStart())
  const found = rest.length === 0 ? 'the end' : JSON.stringify(rest.slice(0, 20).join(''))
  return new ValenceError(
    'QUERY_INVALID',
    `Error parsing query: position ${at + 1}: expected ${expected}, found ${found}`,
  )
}

export function skipBlanks(cursor: Cursor): void {
  while (cursor.at < cursor.text.length && isBlank(cursor.text.charCodeAt(cursor.at))) cursor.at++
}

export function isAtEnd(cursor: Cursor): boolean {
  return cursor.at === cursor.text.length
}

/** Takes `symbol`, one character, if it is next. */
export function takeSymbol(cursor: Cursor, symbol: string): boolean {
  if (cursor.text[cursor.at] !== symbol) return false
  cursor.at++
  skipBlanks(cursor)
  return true
}

/** Takes the keyword in any case if it is next and ends there. @param keyword lower-case ASCII letters */
export function takeKeyword(cursor: Cursor, keyword: string): boolean {
  const end = cursor.at + keyword.length
  for (let index = 0; index < keyword.length; index++) {
    const code = cursor.text.charCodeAt(cursor.at + index) | LOWER_CASE_BIT
    if (code !== keyword.charCodeAt(index)) return false
  }
  // `select*from` has no blanks
  if (end < cursor.text.length && cursor.text[end] !== '*' && isBareName(cursor.text.charCodeAt(end))) return false
  cursor.at = end
  skipBlanks(cursor)
  return true
}

export type Sign = '=' | '!=' | '<' | '>' | '<=' | '>='

/** Takes a comparison sign if one is next; `<>` is read as `!=`. */
export function takeSign(cursor: Cursor): Sign | undefined {
  const sign = signAt(cursor)
  if (sign === undefined) return undefined
  cursor.at += sign.length
  skipBlanks(cursor)
  return sign
}

function signAt({ text, at }: Cursor): Sign | undefined {
  const next = text.charCodeAt(at + 1)
  switch (text.charCodeAt(at)) {
    case EQUALS:
      return '='
    case BANG:
      return next === EQUALS ? '!=' : undefined
    case LESS:
      return next === EQUALS ? '<=' : next === GREATER ? '!=' : '<'
    case GREATER:
      return next === EQUALS ? '>=' : '>'
    default:
      return undefined
  }
}

/** Reads a bare or quoted name; any word is a legal name here, also a keyword. @param what completes "expected …" */
export function readName(cursor: Cursor, what: string): string {
  const start = cursor.at
  const name = quoteAt(cursor) === NO_QUOTE ? readBareName(cursor) : readQuoted(cursor)
  if (name === '') throw expected(cursor, what, start)
  return name
}

function readBareName(cursor: Cursor): string {
  const start = cursor.at
  while (cursor.at < cursor.text.length && isBareName(cursor.text.charCodeAt(cursor.at))) cursor.at++
  const name = cursor.text.slice(start, cursor.at)
  skipBlanks(cursor)
  return name
}

/** What ends an unquoted value besides a closing parenthesis and the end of the text. */
export type Surroundings = 'where' | 'select' | 'list'

/** Reads one value: quoted text, or bare text up to whatever ends it in these surroundings. */
export function readValue(cursor: Cursor, surroundings: Surroundings): Value {
  if (quoteAt(cursor) !== NO_QUOTE) return { text: readQuoted(cursor), type: 'text' }
  const start = cursor.at
  const text = startsBareText(cursor) ? readBareText(cursor, surroundings) : ''
  if (text === '') throw expected(cursor, 'a value', start)
  return { text, type: typeOfBare(text) }
}

// A second sign (`a == 1`, `a => 1`) is a mistake, not the first letter of a text.
function startsBareText({ text, at }: Cursor): boolean {
  const code = text.charCodeAt(at)
  return code !== EQUALS && code !== LESS && code !== GREATER && code !== COMMA && code !== OPEN
}

/** Reads digits. @throws when there are none or more than a safe integer holds */
export function readWholeNumber(cursor: Cursor): number {
  const start = cursor.at
  const word = readBareName(cursor)
  const number = Number(word)
  if (!/^\d+$/.test(word) || !Number.isSafeInteger(number)) throw expected(cursor, 'a whole number', start)
  return number
}

// A parenthesis opened inside the text is closed inside it: `title = report (2).txt`.
function readBareText(cursor: Cursor, surroundings: Surroundings): string {
  const { text } = cursor
  const start = cursor.at
  let open = 0
  let end = start
  let startsWord = true
  for (; cursor.at < text.length; cursor.at++) {
    const code = text.charCodeAt(cursor.at)
    if (isBlank(code)) {
      startsWord = true
      continue
    }
    if (open === 0) {
      if (code === CLOSE || (code === COMMA && surroundings === 'list')) break
      if (startsWord && isKeyword(text, cursor.at, code, surroundings)) break
    }
    if (code === OPEN) open++
    else if (code === CLOSE) open--
    startsWord = false
    end = cursor.at + 1
  }
  if (open > 0) throw expected(cursor, '")"')
  return text.slice(start, end)
}

const AND_OR = /(?:and|or)(?=[\s()'"`‘’“”]|$)/iy
// `limit` ends a value only as the last clause, so that "no limit" stays a text.
const CLAUSE = /(?:and|or)(?=[\s()'"`‘’“”]|$)|order\s+by(?=[\s'"`‘’“”])|orderby(?=\s*=)|limit\s+\d+\s*$/iy

function isKeyword(text: string, at: number, code: number, surroundings: Surroundings): boolean {
  if (surroundings === 'list') return false
  const letter = code | LOWER_CASE_BIT
  if (letter !== 0x61 && letter !== 0x6f && letter !== 0x6c) return false // a, o, l
  const pattern = surroundings === 'select' ? CLAUSE : AND_OR
  pattern.lastIndex = at
  return pattern.test(text)
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i
const BOOLEAN = /^(?:true|false)$/i

/** Type of an unquoted value; `007` and `+49` are text, they would not survive as numbers. */
export function typeOfBare(text: string): Value['type'] {
  return JSON_NUMBER.test(text) ? 'number' : BOOLEAN.test(text) ? 'boolean' : 'text'
}

const NO_QUOTE = 0

// Quotes of one kind close each other; typographic ones come from old documentation (spec 21 §1.1).
function quoteKind(code: number): number {
  switch (code) {
    case 0x27:
    case 0x22:
    case 0x60:
      return code
    case 0x2018:
    case 0x2019:
      return 0x2018
    case 0x201c:
    case 0x201d:
      return 0x201c
    default:
      return NO_QUOTE
  }
}

function quoteAt(cursor: Cursor): number {
  return quoteKind(cursor.text.charCodeAt(cursor.at))
}

// A doubled closing quote stands for itself: 'O''Hara'.
function readQuoted(cursor: Cursor): string {
  const { text } = cursor
  const kind = quoteAt(cursor)
  let from = cursor.at + 1
  let read = ''
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (quoteKind(code) !== kind) continue
    if (text.charCodeAt(at + 1) === code) {
      read += text.slice(from, ++at)
      from = at + 1
      continue
    }
    read += text.slice(from, at)
    cursor.at = at + 1
    skipBlanks(cursor)
    return read
  }
  const opening = `the quote ${text[cursor.at]} of position ${cursor.at + 1}`
  throw expected(cursor, `the end of ${opening}`, text.length)
}

const BLANK = /\s/

function isBlank(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d)
  return code >= 0xa0 && BLANK.test(String.fromCharCode(code))
}

function isBareName(code: number): boolean {
  if (code === OPEN || code === CLOSE || code === COMMA) return false
  if (code === EQUALS || code === BANG || code === LESS || code === GREATER) return false
  return quoteKind(code) === NO_QUOTE && !isBlank(code)
}
