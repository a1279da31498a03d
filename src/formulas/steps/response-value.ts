import { isUtf8 } from 'node:buffer'
import { decodeText } from '../../engine/body/decode-text.ts'
import { parseJson } from '../../engine/parse-json.ts'
import { ATTACHMENT } from './request-body.ts'

/** What came back, as far as it is read. */
export interface RequestAnswer {
  status: number
  /** lower-case names */
  headers: Record<string, string | string[]>
  bytes: Buffer
  /** there was more of it */
  isCut: boolean
}

export interface ResponseValue {
  code: number
  headers: Record<string, string | string[]>
  body?: unknown
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i
const TEXT_TYPE =
  /^(?:text\/|application\/(?:[\w.+-]+\+)?(?:xml|json|jsonl|x-ndjson|javascript|x-www-form-urlencoded)\b)/i

/**
 * An answer as steps see it (spec 31 §3.3): JSON as its value, text as text, a file as `workflow-file-attachment` (spec 31 §3.4).
 * @param address of the request, whose last word names a file that has no other name
 */
export function responseValue({ status, headers, bytes }: RequestAnswer, address: string): Required<ResponseValue> {
  return { code: status, headers, body: bodyValue(bytes, headers, address) }
}

function bodyValue(bytes: Buffer, headers: RequestAnswer['headers'], address: string): unknown {
  const type = [headers['content-type']].flat()[0] ?? ''
  if (bytes.length > 0 && !isText(type, bytes))
    return { filename: fileNameOf(headers, address), type: ATTACHMENT, content: bytes.toString('base64') }
  const text = decodeText(bytes, type)
  // a text that happens to be a number stays one: an id is no amount
  if (!JSON_TYPE.test(type) && !/^\s*[[{]/.test(text)) return text
  const value = parseJson(text)
  return value === undefined ? text : value
}

function isText(type: string, bytes: Buffer): boolean {
  return type.trim() === '' ? isUtf8(bytes) : TEXT_TYPE.test(type)
}

/** What the answer says (RFC 6266), or the last word of the address. */
export function fileNameOf(headers: RequestAnswer['headers'], address: string): string {
  const disposition = [headers['content-disposition']].flat()[0] ?? ''
  const encoded = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(disposition)?.[1]
  const plain = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(disposition)
  const named = (encoded && decoded(encoded)) ?? plain?.[1]?.replace(/\\(.)/g, '$1') ?? plain?.[2]
  const last = named ?? decoded(address.replace(/\/+$/, '').split('/').at(-1) ?? '')
  return last === undefined || last === '' ? 'file' : last.replace(/^.*[\\/]/s, '')
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
