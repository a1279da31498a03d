import { parseStringPromise } from 'xml2js'

/** A value as XML elements: `@name` members are attributes, lists repeat their element (spec 11 §3.10 step 10, §4.7). */
export function toXml(value: unknown): string {
  if (typeof value !== 'object' || value === null) return escapeXml(String(value ?? ''))
  return Object.entries(value)
    .filter(([name]) => !name.startsWith('@'))
    .map(([name, member]) => (name === '#text' ? escapeXml(String(member)) : elements(name, member)))
    .join('')
}

function elements(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => elements(name, item)).join('')
  const attributes = typeof value === 'object' && value !== null ? Object.entries(value) : []
  const written = attributes
    .filter(([key]) => key.startsWith('@'))
    .map(([key, text]) => ` ${key.slice(1)}="${escapeXml(String(text))}"`)
  return `<${name}${written.join('')}>${toXml(value)}</${name}>`
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** One spelling for what means the same: no declaration, no blanks between elements, no empty pairs. */
export function plainXml(text: string): string {
  return text
    .replace(/^\s*<\?xml[^?]*\?>/, '')
    .replaceAll(/>\s+</g, '><')
    .replaceAll(/<([\w:.-]+)([^<>]*)><\/\1>/g, '<$1$2/>')
    .replaceAll(/\s+\/>/g, '/>')
    .replaceAll('&apos;', "'")
    .replaceAll('&quot;', '"')
    .trim()
}

/** The value that a caller gets for an XML answer (spec 11 §4.6), read by another parser than the hub's. */
export function fromXml(text: string): Promise<unknown> {
  return parseStringPromise(text, {
    explicitArray: false,
    charkey: '#text',
    mergeAttrs: true,
    attrNameProcessors: [(name) => `@${name}`],
  })
}
