import { XMLParser } from 'fast-xml-parser'
import { withMember } from './root-path.ts'

/** Attributes are members with `@`, text beside attributes is `#text`, repeated elements are arrays (spec 11 §4.6). */
const ATTRIBUTE = '@'
const TEXT = '#text'
const MAX_DEPTH = 40

/** @param value an object with one member is that element; anything else is wrapped in `root` */
export function toXml(value: unknown, root: string): string {
  const members = isObject(value) ? Object.entries(value) : []
  const [name, content] =
    members.length === 1 && members[0] && !Array.isArray(members[0][1]) ? members[0] : [root, value]
  return `<?xml version="1.0" encoding="UTF-8"?>${element(name, Array.isArray(content) ? { item: content } : content, 0)}`
}

function element(name: string, value: unknown, depth: number): string {
  const tag = tagName(name)
  if (Array.isArray(value)) return value.map((item) => element(name, item, depth + 1)).join('')
  if (!isObject(value) || depth > MAX_DEPTH) {
    const text = value === null || value === undefined || typeof value === 'object' ? '' : escaped(String(value))
    return text === '' ? `<${tag}/>` : `<${tag}>${text}</${tag}>`
  }
  let [attributes, content] = ['', '']
  for (const [member, inner] of Object.entries(value)) {
    if (member.startsWith(ATTRIBUTE)) attributes += ` ${tagName(member.slice(1))}="${escaped(String(inner))}"`
    else if (member === TEXT) content += escaped(String(inner))
    else content += element(member, inner, depth + 1)
  }
  return `<${tag}${attributes}>${content}</${tag}>`
}

/** Members of JSON may have names that no element can. */
function tagName(name: string): string {
  const clean = name.replace(/[^\w.:-]/g, '_').slice(0, 200)
  return /^[A-Za-z_]/.test(clean) ? clean : `_${clean}`
}

function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these cannot stand in XML at all
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').replace(/[&<>"]/g, (one) => ENTITIES[one] ?? one)
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE,
  textNodeName: TEXT,
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  maxNestedTags: 60,
  onDangerousProperty: (name) => `_${name}`,
})

const MAX_CHARACTERS = 1024 * 1024

/** @returns the document as an object; undefined when it is none that can be read */
export function fromXml(text: string): Record<string, unknown> | undefined {
  if (text.length > MAX_CHARACTERS || !text.trimStart().startsWith('<')) return undefined
  try {
    const parsed: unknown = parser.parse(text)
    return isObject(parsed) && Object.keys(parsed).length > 0 ? parsed : undefined
  } catch {
    // what is no XML is answered as a body that says nothing
    return undefined
  }
}

/** `soap:Body` → `Body` */
export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** The same value with namespace prefixes and namespace declarations taken off. */
export function withoutNamespaces(value: unknown, depth = 0): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNamespaces(item, depth + 1))
  if (!isObject(value) || depth > MAX_DEPTH) return value
  const plain: Record<string, unknown> = {}
  for (const [name, inner] of Object.entries(value)) {
    if (name.startsWith(`${ATTRIBUTE}xmlns`) || name.startsWith(`${ATTRIBUTE}xsi:`)) continue
    withMember(plain, localName(name), withoutNamespaces(inner, depth + 1))
  }
  return plain
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
