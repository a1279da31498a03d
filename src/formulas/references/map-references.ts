import { parseTemplate } from './parse-template.ts'

/**
 * A text with what stands in its references replaced; everything else, blanks inside of the braces among it, stays as it is.
 * @param change gets the reference without blanks around it
 */
export function mapReferences(text: string, change: (reference: string) => string): string {
  if (!text.includes('${')) return text
  let at = 0
  let mapped = ''
  for (const part of parseTemplate(text)) {
    if (part.kind === 'text') {
      mapped += part.text
      at += part.text.length
      continue
    }
    const start = text.indexOf(part.text, at + 2)
    const inside = start + part.text.length
    const end = text.indexOf('}', inside) + 1
    mapped += text.slice(at, start) + change(part.text) + text.slice(inside, end)
    at = end
  }
  return mapped
}

/** All texts of a property, in lists and objects as well. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mapTexts(member, change)]))
}
