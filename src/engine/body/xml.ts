import { MAX_JSON_DEPTH } from '../../model/json-depth.ts'

/**
 * XML bodies as values (spec 11 §4.6, §4.7); `write-xml.ts` is the way back.
 *
 * | XML | value |
 * |---|---|
 * | the document | an object with the root element as its only member; declaration, comments, instructions are dropped |
 * | names | as written, prefixes included: `soap:Envelope` |
 * | attributes | members `@name`, always text |
 * | repeated elements | an array, even when others stand between them; one alone is no array |
 * | text, CDATA | text, or `#text` beside attributes or elements; untrimmed, but blank text is none |
 * | an empty element | `''`: hooks ask `if (body.rid)` or cut the text, and `null` would drop the member from answers |
 * | `true`, `12`, `1.5` as text | a boolean, a number, if it prints back as it came (`007`, `1.50`, 20 digits stay text) |
 *
 * No document names the last row, but every real hook that compares an element's content does so with `=== 0`.
 *
 * The reader is ours, one pass and linear. `fast-xml-parser` refuses elements called `constructor`, renames `toString`,
 * leaves `&#10;` as it is, needs a second pass to refuse `<a></b>`, and the worst 16 MB keep it busy for five seconds
 * and two gigabytes, in which every other call waits.
 */
const MAX_CHARS = 16 * 1024 * 1024

/** Why a text is no XML that we take; the message names the line. */
export class XmlError extends Error {
  constructor(message: string, text: string, at: number) {
    super(`line ${lineOf(text, at)}: ${message}`)
    this.name = 'XmlError'
  }
}

// NameStartChar and NameChar of XML 1.0, fifth edition, §2.3
const START =
  ':A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}'
const NAME = `[${START}][${START}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}]*`
/** The whole of a text that may name an element or an attribute. */
export const XML_NAME = new RegExp(`^${NAME}$`, 'u')
const OPEN = new RegExp(`<(${NAME})`, 'uy')
const ATTRIBUTE = new RegExp(`[ \\t\\n]+(${NAME})[ \\t\\n]*=[ \\t\\n]*(["'])`, 'uy')
const OPEN_END = /[ \t\n]*(\/?)>/y
const CLOSE = new RegExp(`</(${NAME})[ \\t\\n]*>`, 'uy')
/** Without an internal subset: nothing is declared, so there is nothing to expand or to fetch. */
const DOCTYPE = /<!DOCTYPE(?:[^[\]<>"']|"[^"]*"|'[^']*'){0,2000}>/y

/** An element, or the document itself, that is not closed yet. */
interface Open {
  name: string
  members: Record<string, unknown> | undefined
  hasElements: boolean
  text: string
  /** some of the text is not blank, or was written so that it counts: a reference or CDATA */
  hasInk: boolean
}

interface Reading {
  xml: string
  at: number
  /** the document first, the innermost element last */
  open: Open[]
}

/**
 * @param text the whole document
 * @returns an object with one member, the root element
 * @throws XmlError for anything malformed, a document type with an internal subset, more than 500 levels or 16 Mi characters
 */
export function parseXml(text: string): Record<string, unknown> {
  if (text.length > MAX_CHARS) throw new XmlError(`longer than ${MAX_CHARS} characters`, '', 0)
  const xml = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
  const document = opened('')
  const reading: Reading = { xml, at: xml.startsWith('\ufeff') ? 1 : 0, open: [document] }
  while (reading.at < xml.length) {
    const [, read] = MARKUP.find(([mark]) => xml.startsWith(mark, reading.at)) ?? ['', readText]
    read(reading)
  }
  if (reading.open.length > 1) throw failure(reading, `<${innermost(reading).name}> is not closed`)
  if (!document.members) throw failure(reading, 'no root element')
  return document.members
}

/** What can begin at a position, longer marks first; anything else is text. */
const MARKUP: readonly (readonly [mark: string, read: (reading: Reading) => void])[] = [
  ['</', readClose],
  ['<!--', (reading) => skipTo('-->', 4, reading)],
  ['<![CDATA[', readCdata],
  ['<!', readDoctype],
  ['<?', (reading) => skipTo('?>', 2, reading)],
  ['<', readOpen],
]

function readText(reading: Reading): void {
  const next = reading.xml.indexOf('<', reading.at)
  const end = next < 0 ? reading.xml.length : next
  const raw = reading.xml.slice(reading.at, end)
  addText(reading, decodeReferences(raw), /[^ \t\n]/.test(raw))
  reading.at = end
}

function readCdata(reading: Reading): void {
  const from = reading.at + 9
  skipTo(']]>', 9, reading)
  const text = reading.xml.slice(from, reading.at - 3)
  addText(reading, text, text !== '')
}

function addText(reading: Reading, text: string, hasInk: boolean): void {
  const element = innermost(reading)
  if (hasInk && reading.open.length === 1) throw failure(reading, 'text outside of the root element')
  element.text += text
  element.hasInk ||= hasInk
}

function readDoctype(reading: Reading): void {
  if (reading.open.length > 1 || innermost(reading).hasElements) throw failure(reading, '"<!" begins no comment')
  if (!matched(DOCTYPE, reading)) throw failure(reading, 'a document type with declarations of its own is refused')
}

function readClose(reading: Reading): void {
  const { name } = innermost(reading)
  const [, closed] = matched(CLOSE, reading) ?? []
  if (closed === undefined) throw failure(reading, 'an end tag that cannot be read')
  if (reading.open.length === 1) throw failure(reading, `</${closed}> closes nothing`)
  if (closed !== name) throw failure(reading, `</${closed}> closes <${name}>`)
  closeElement(reading)
}

function readOpen(reading: Reading): void {
  const isRoot = reading.open.length === 1
  const [, name] = matched(OPEN, reading) ?? []
  if (name === undefined) throw failure(reading, '"<" begins no tag')
  if (isRoot && innermost(reading).hasElements) throw failure(reading, `<${name}> is a second root element`)
  if (reading.open.length > MAX_JSON_DEPTH) throw failure(reading, `nested deeper than ${MAX_JSON_DEPTH} levels`)
  const element = opened(name)
  element.members = readAttributes(reading, name)
  reading.open.push(element)
  const [, slash] = matched(OPEN_END, reading) ?? []
  if (slash === undefined) throw failure(reading, `<${name}> holds something that is no attribute`)
  if (slash) closeElement(reading)
}

function readAttributes(reading: Reading, element: string): Record<string, unknown> | undefined {
  let members: Record<string, unknown> | undefined
  for (let found = matched(ATTRIBUTE, reading); found; found = matched(ATTRIBUTE, reading)) {
    const [, name = '', quote = ''] = found
    const member = `@${name}`
    members ??= {}
    if (Object.hasOwn(members, member)) throw failure(reading, `<${element}> has the attribute ${name} twice`)
    const from = reading.at
    skipTo(quote, 0, reading)
    members[member] = decodeReferences(reading.xml.slice(from, reading.at - 1))
  }
  return members
}

function closeElement(reading: Reading): void {
  const element = reading.open.pop()
  if (element) addElement(innermost(reading), element.name, contentOf(element))
}

function opened(name: string): Open {
  return { name, members: undefined, hasElements: false, text: '', hasInk: false }
}

function innermost({ open }: Reading): Open {
  return open.at(-1) as Open
}

/** Moves behind the match of a sticky expression, if there is one. */
function matched(pattern: RegExp, reading: Reading): RegExpExecArray | null {
  pattern.lastIndex = reading.at
  const found = pattern.exec(reading.xml)
  if (found) reading.at = pattern.lastIndex
  return found
}

/** Moves behind the next mark. */
function skipTo(mark: string, from: number, reading: Reading): void {
  const end = reading.xml.indexOf(mark, reading.at + from)
  if (end < 0) throw failure(reading, `${mark} is missing`)
  reading.at = end + mark.length
}

function failure({ xml, at }: Reading, message: string): XmlError {
  return new XmlError(message, xml, at)
}

function addElement(parent: Open, name: string, value: unknown): void {
  parent.hasElements = true
  parent.members ??= {}
  const { members } = parent
  const present = Object.hasOwn(members, name) ? members[name] : undefined
  if (Array.isArray(present)) present.push(value)
  else setMember(members, name, present === undefined ? value : [present, value])
}

/** An element may be called `__proto__`. */
function setMember(members: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') members[name] = value
  else Object.defineProperty(members, name, { value, enumerable: true, writable: true, configurable: true })
}

function contentOf({ members, hasElements, text, hasInk }: Open): unknown {
  if (!members) return hasInk ? primitive(text) : ''
  // beside elements, what surrounds the text is indentation
  if (hasInk) members['#text'] = primitive(hasElements ? text.trim() : text)
  return members
}

function primitive(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  if (text.length > 17 || !/^-?\d+(?:\.\d+)?$/.test(text)) return text
  const number = Number(text)
  return String(number) === text ? number : text
}

const NAMED: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** References to anything undeclared or to what is no character stay as they are written, such as HTML's `&nbsp;`. */
function decodeReferences(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(lt|gt|amp|quot|apos));/g, (whole, decimal, hex, named) => {
    if (named !== undefined) return NAMED[named] ?? whole
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) && code !== 0
    return isCharacter ? String.fromCodePoint(code) : whole
  })
}

function lineOf(text: string, at: number): number {
  let line = 1
  for (let found = text.indexOf('\n'); found >= 0 && found < at; found = text.indexOf('\n', found + 1)) line++
  return line
}
