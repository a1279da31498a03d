import { SaxesParser } from 'saxes'
import { MAX_JSON_DEPTH } from '../../model/json-depth.ts'

/**
 * XML bodies as values and back (spec 11 §4.6, §4.7).
 *
 * | XML | value |
 * |---|---|
 * | the document | an object with its root element as the only member; declaration, comments and instructions are dropped |
 * | names | as written, prefixes included: `soap:Envelope` |
 * | attributes | members `@name`, always text |
 * | repeated elements | an array, even when others stand between them; one alone is no array |
 * | text | text, or `#text` beside attributes or elements; untrimmed, but blank text is none |
 * | CDATA | text, also blank |
 * | an empty element | `''`: hooks and paths ask `if (body.rid)` or cut the text, and `null` would drop the member from answers |
 * | text `true`, `false`, `12`, `1.5` | a boolean, a number, if it prints back exactly as it came (`007`, `1.50`, 20 digits stay text) |
 *
 * The last row is not in any document, but real hooks compare an element's content with `=== 0`. `fast-xml-parser`, which
 * would give values at once, takes seconds and gigabytes for the worst document of 16 MB, and ours must not hold up others.
 */
const MAX_CHARS = 16 * 1024 * 1024
/** More in one document, or in one element, are found in attacks only, and cost seconds. */
const MAX_UNDECLARED = 10_000
const MAX_ATTRIBUTES = 1_000

/** Why a text is no XML that we take; the message names the line. */
export class XmlError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'XmlError'
  }
}

/** An element, or the document itself, that is not closed yet. */
interface Open {
  name: string
  members: Record<string, unknown> | undefined
  hasElements: boolean
  text: string
  hasCdata: boolean
}

/**
 * @param text the whole document
 * @returns an object with one member, the root element
 * @throws XmlError for anything malformed, a document type with declarations, more than 500 levels, 16 Mi characters, 1000
 *   attributes of an element or 10 000 references to undeclared entities
 */
export function parseXml(text: string): Record<string, unknown> {
  if (text.length > MAX_CHARS) throw new XmlError(`longer than ${MAX_CHARS} characters`)
  const document = opened('')
  const open: Open[] = [document]
  const parser = new SaxesParser({ position: true })
  const fail = (message: string): never => {
    throw new XmlError(`line ${parser.line}: ${message}`)
  }
  let undeclared = 0
  let attributes = 0
  parser.on('error', ({ message }) => {
    // a reference to something undeclared, such as HTML's `&nbsp;`, stays as it is written
    if (!/undefined entity|entity name/.test(message)) fail(message.replace(/^\d+:\d+: /, ''))
    if (++undeclared > MAX_UNDECLARED) fail(`more than ${MAX_UNDECLARED} references to entities that nothing declares`)
  })
  parser.on('opentagstart', () => {
    attributes = 0
  })
  parser.on('attribute', () => {
    if (++attributes > MAX_ATTRIBUTES) fail(`an element with more than ${MAX_ATTRIBUTES} attributes`)
  })
  parser.on('doctype', (declaration) => {
    // nothing is declared, so there is nothing to expand or to fetch
    if (declaration.includes('[')) fail('a document type with declarations of its own is refused')
  })
  parser.on('opentag', ({ name, attributes }) => {
    if (open.length > MAX_JSON_DEPTH) fail(`nested deeper than ${MAX_JSON_DEPTH} levels`)
    const element = opened(name)
    for (const [attribute, value] of Object.entries(attributes)) {
      element.members ??= {}
      setMember(element.members, `@${attribute}`, value)
    }
    open.push(element)
  })
  parser.on('text', (part) => {
    innermost(open).text += part
  })
  parser.on('cdata', (part) => {
    innermost(open).text += part
    innermost(open).hasCdata ||= part !== ''
  })
  parser.on('closetag', () => {
    const element = open.pop()
    if (element) addElement(innermost(open), element.name, contentOf(element))
  })
  parser.write(text.replace(/^\ufeff?\s+/, '')).close()
  return document.members ?? fail('no root element')
}

function opened(name: string): Open {
  return { name, members: undefined, hasElements: false, text: '', hasCdata: false }
}

function innermost(open: readonly Open[]): Open {
  return open.at(-1) as Open
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

function contentOf({ members, hasElements, text, hasCdata }: Open): unknown {
  const hasText = hasCdata || /[^ \t\n]/.test(text)
  if (!members) return hasText ? primitive(text) : ''
  // beside elements, what surrounds the text is indentation
  if (hasText) members['#text'] = primitive(hasElements ? text.trim() : text)
  return members
}

function primitive(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  if (text.length > 17 || !/^-?\d+(?:\.\d+)?$/.test(text)) return text
  const number = Number(text)
  return String(number) === text ? number : text
}
