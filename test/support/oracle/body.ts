import type { Parameter } from '../../../src/model/element.ts'
import { asText, membersOf, UNKNOWN } from './values.ts'
import { escapeXml, toXml } from './xml.ts'

export type ExpectedBody =
  | { kind: 'none' }
  | { kind: 'json'; value: unknown }
  | { kind: 'xml'; text: string }
  | { kind: 'text'; text: string }
  /** an upload whose spelling a hook has to settle: the file must be there, as it is or in base64 */
  | { kind: 'file'; content: string }
  | { kind: 'form'; fields: [name: string, value: string][] }
  | { kind: 'multipart'; names: string[] }

export interface Placed {
  row: Parameter
  value: unknown
}

/**
 * The body that the placed rows make (spec 11 §3.10 step 6).
 * @param root request root of the resource, empty for none
 */
export function bodyOf(
  placed: readonly Placed[],
  tokens: Record<string, Placed | string>,
  root: string,
  contentType: string,
): ExpectedBody {
  const at = (vendorType: string) => placed.filter(({ row }) => row.vendorType === vendorType)
  const multipart = at('multipart')
  const form = at('form')
  if (multipart.length > 0 || (form.length > 0 && contentType.includes('multipart/form-data'))) {
    return { kind: 'multipart', names: [...multipart, ...form].map(({ row }) => row.vendorName).toSorted() }
  }
  if (form.length > 0) return { kind: 'form', fields: form.flatMap(fieldsOf) }

  const [given] = at('body').toReversed()
  if (given?.row.type === 'value') return ofTemplate(asText(given.value), tokens)
  if (given?.row.type === 'multipart') return ofFile(given, contentType)
  const fields = at('bodyField')
  if (!given && fields.length === 0) return { kind: 'none' }
  if (given && typeof given.value === 'string' && fields.length === 0) return { kind: 'text', text: given.value }
  let value: unknown = structuredClone(given?.value ?? {})
  for (const field of fields) put(value as Record<string, unknown>, field)
  for (const name of root.split('.').filter(Boolean).toReversed()) value = { [name]: value }
  return contentType.includes('xml') ? { kind: 'xml', text: toXml(value) } : { kind: 'json', value }
}

/** Base64 where the row says text, the bytes otherwise (spec 11 §3.4 multipart→body). */
function ofFile({ row, value }: Placed, contentType: string): ExpectedBody {
  const content = asText(value)
  if (contentType.includes('multipart/form-data')) return { kind: 'file', content }
  return { kind: 'text', text: row.vendorDataType === 'string' ? Buffer.from(content).toString('base64') : content }
}

function fieldsOf({ row, value }: Placed): [string, string][] {
  return row.type === 'body' ? membersOf(value) : [[row.vendorName, asText(value)]]
}

function put(target: Record<string, unknown>, { row, value }: Placed): void {
  const names = row.vendorName.split('.').filter(Boolean)
  let at = target
  for (const name of names.slice(0, -1)) {
    at[name] ??= {}
    at = at[name] as Record<string, unknown>
  }
  at[names.at(-1) ?? ''] = typed(value, row.vendorDataType)
}

/** Only body fields get types, and only when the text is one (spec 11 §3.8). */
function typed(value: unknown, dataType: string | undefined): unknown {
  if (typeof value !== 'string') return value
  if (dataType === 'boolean' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
  if (/^(integer|number)$/.test(dataType ?? '') && value.trim() !== '' && !Number.isNaN(Number(value))) {
    return Number(value)
  }
  return value
}

function ofTemplate(template: string, tokens: Record<string, Placed | string>): ExpectedBody {
  const isXml = template.trim().startsWith('<')
  const text = fillTokens(template, tokens, isXml ? 'xml' : 'json')
  if (isXml) return { kind: 'xml', text }
  try {
    return { kind: 'json', value: JSON.parse(text.replaceAll(UNKNOWN, '\\u0000')) }
  } catch {
    return { kind: 'text', text } // a template in the vendor's own language
  }
}

/** Declared tokens are filled and escaped for where they stand; one without a value goes (spec 11 §3.10 steps 6, 9). */
export function fillTokens(
  template: string,
  tokens: Record<string, Placed | string>,
  language: 'json' | 'xml' | 'plain',
): string {
  let text = template
  for (const [name, token] of Object.entries(tokens)) {
    const value = typeof token === 'string' ? token : token.value
    text = text.split(`{${name}}`).join(value === undefined ? '' : ESCAPED[language](value))
  }
  return text
}

const ESCAPED: Record<'json' | 'xml' | 'plain', (value: unknown) => string> = {
  json: (value) =>
    typeof value === 'string'
      ? JSON.stringify(value).slice(1, -1).replaceAll('\\u0000', UNKNOWN)
      : JSON.stringify(value),
  xml: (value) => (typeof value === 'string' ? escapeXml(value) : toXml(value)),
  plain: asText,
}
