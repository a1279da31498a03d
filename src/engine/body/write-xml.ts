import { ValenceError } from '../../errors.ts'
import { isObject } from '../../model/is-object.ts'
import { MAX_JSON_DEPTH } from '../../model/json-depth.ts'

// NameStartChar and NameChar of XML 1.0, fifth edition, §2.3
const START =
  ':A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}'
/** The whole of a text that may name an element or an attribute. */
const XML_NAME = new RegExp(`^[${START}][${START}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}]*$`, 'u')

/**
 * A document from a value of the shape that `parseXml` gives; `null` is an empty element, `undefined` none, an array in an
 * array is part of the outer one.
 * @param value an object with one member, the root element
 * @throws ValenceError BODY_INVALID for any other value, names that no element or attribute can have, characters that
 *   XML cannot carry, more than 500 levels
 */
export function toXml(value: unknown): string {
  const members = isObject(value) ? Object.entries(value).filter(([, member]) => member !== undefined) : []
  const [name = '', root] = members[0] ?? []
  if (members.length !== 1 || /^[@#]/.test(name) || (Array.isArray(root) && root.length !== 1)) {
    throw invalid(`exactly one root member is needed, not ${members.length === 1 ? `"${name}"` : members.length}`)
  }
  return `<?xml version="1.0" encoding="UTF-8"?>${elementText(name, root, 1)}`
}

/**
 * The inside of an element, for `{body}` in an envelope: members as elements, anything but an object as escaped text.
 * @throws ValenceError BODY_INVALID as `toXml`, and for `@name` members, which have no element here
 */
export function toXmlFragment(value: unknown): string {
  if (Array.isArray(value)) return value.map(toXmlFragment).join('')
  if (!isObject(value)) return value === null || value === undefined ? '' : escapeText(String(value))
  const attribute = Object.keys(value).find((name) => name.startsWith('@'))
  if (attribute !== undefined) throw invalid(`"${attribute}" stands beside no element`)
  return contentText(value, 0)
}

function elementText(name: string, value: unknown, depth: number): string {
  if (depth > MAX_JSON_DEPTH) throw invalid(`nested deeper than ${MAX_JSON_DEPTH} levels`)
  if (value === undefined) return ''
  if (Array.isArray(value)) return value.map((item) => elementText(name, item, depth + 1)).join('')
  if (!XML_NAME.test(name)) throw invalid(`"${name.slice(0, 100)}" cannot be the name of an element`)
  const attributes = isObject(value) ? attributesText(value) : ''
  const content = isObject(value) ? contentText(value, depth) : value === null ? '' : escapeText(String(value))
  return content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`
}

function attributesText(members: Record<string, unknown>): string {
  let text = ''
  for (const [member, value] of Object.entries(members)) {
    if (!member.startsWith('@') || value === undefined || value === null) continue
    const name = member.slice(1)
    if (!XML_NAME.test(name)) throw invalid(`"${member.slice(0, 100)}" cannot be the name of an attribute`)
    if (isObject(value) || Array.isArray(value)) throw invalid(`attribute "${member}" holds an object`)
    text += ` ${name}="${escapeAttribute(String(value))}"`
  }
  return text
}

function contentText(members: Record<string, unknown>, depth: number): string {
  let text = ''
  for (const [name, value] of Object.entries(members)) {
    if (name.startsWith('@')) continue
    if (name !== '#text') text += elementText(name, value, depth + 1)
    else if (value !== undefined && value !== null) text += escapeText(String(value))
  }
  return text
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

function escapeText(text: string): string {
  const escaped = carriable(text).replace(/[&<>\r]/g, (char) => ESCAPES[char] ?? char)
  // a reader drops blank text unless it is CDATA
  return /^[ \t\n]+$/.test(escaped) ? `<![CDATA[${escaped}]]>` : escaped
}

function escapeAttribute(text: string): string {
  return carriable(text).replace(/[&<>"\t\n\r]/g, (char) => ESCAPES[char] ?? char)
}

function carriable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that XML 1.0 §2.2 excludes
  const bad = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.exec(text)
  if (!bad) return text.toWellFormed()
  const code = bad[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  throw invalid(`the character U+${code} cannot be written in XML`)
}

function invalid(why: string): ValenceError {
  return new ValenceError('BODY_INVALID', `The body cannot be written as XML: ${why}`)
}
