import { decodeText } from '../engine/body/decode-text.ts'
import { parseXml, XmlError } from '../engine/body/xml.ts'
import { objectOf } from '../engine/hooks/variables.ts'
import { parseJson } from '../engine/parse-json.ts'
import { isObject } from '../model/is-object.ts'

/** What arrived, as it is stored (`event-table.ts`). */
export interface Arrived {
  /** of the event */
  id: string
  /** without `?` */
  query: string
  contentType: string | undefined
  /** lower-case names */
  headers: Readonly<Record<string, string>>
  body: Buffer
}

/** What arrived, as values. */
export interface ReadBody {
  /** what the receiver gets as `raw`: always an object */
  raw: Record<string, unknown>
  /** a body that is a list: hooks of the old kind get it as it is */
  list: readonly unknown[] | undefined
}

/**
 * The body of an event as a value (spec 40 §4.3), whatever the vendor calls it: JSON under the name of a form or of plain text is JSON.
 *
 * | input | value |
 * |---|---|
 * | JSON object | the object |
 * | JSON list | `{ objects: […] }` |
 * | form | an object of its fields; a repeated one is a list |
 * | XML | an object with the root element as its member |
 * | no body | an object of the query's parameters |
 * | anything else, also JSON or XML that cannot be read | `{ body: "<the text>" }` |
 *
 * Never throws: what a vendor sends is stored and told of, even where nobody understands it.
 */
export function readBody({ query, contentType = '', body }: Pick<Arrived, 'query' | 'contentType' | 'body'>): ReadBody {
  const text = body.length === 0 ? '' : decodeText(body, contentType)
  if (text.trim() === '') return { raw: fieldsOf(query), list: undefined }
  const json = /^\s*[[{]/.test(text) ? parseJson(text) : undefined
  if (Array.isArray(json)) return { raw: { objects: json }, list: json }
  if (isObject(json)) return { raw: json, list: undefined }
  if (/x-www-form-urlencoded/i.test(contentType)) return { raw: fieldsOf(text), list: undefined }
  return { raw: xmlOf(text, contentType) ?? { body: text }, list: undefined }
}

/** So much of anything is read in no time. */
const SMALL_BYTES = 64 * 1024

/**
 * The same while a vendor waits for his answer, and everybody else with him: of more than that, JSON only. Strangers may send megabytes of
 * XML, which take seconds.
 *
 * @returns no members for what is not looked into
 */
export function readQuickly(arrived: Pick<Arrived, 'query' | 'contentType' | 'body'>): Record<string, unknown> {
  const { body, contentType = '' } = arrived
  if (body.length <= SMALL_BYTES) return readBody(arrived).raw
  const json = parseJson(decodeText(body, contentType))
  if (Array.isArray(json)) return { objects: json }
  return isObject(json) ? json : {}
}

/**
 * What an event hook sees as `events` (spec 40 §4.3): the body, with the headers of the request and the id of the event in it. A legacy
 * hook gets a list as the bare list it was written for.
 */
export function eventsVariable(
  { raw, list }: ReadBody,
  { id, headers }: Pick<Arrived, 'id' | 'headers'>,
  isLegacy: boolean,
): unknown {
  if (isLegacy && list) return list
  return { ...raw, eventHeaders: headers, eventId: id }
}

function fieldsOf(text: string): Record<string, unknown> {
  return objectOf([...new URLSearchParams(text)])
}

function xmlOf(text: string, contentType: string): Record<string, unknown> | undefined {
  if (!/[/+]xml/i.test(contentType) && !/^\s*<[?\w]/.test(text)) return undefined
  // a web page is no document of a vendor
  if (/html/i.test(contentType)) return undefined
  try {
    return parseXml(text)
  } catch (error) {
    if (error instanceof XmlError) return undefined
    throw error
  }
}
