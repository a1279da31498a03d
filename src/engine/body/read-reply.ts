import { ValenceError } from '../../errors.ts'
import type { VendorReply } from '../../model/exchange.ts'
import { isTooDeep, MAX_JSON_DEPTH } from '../../model/json-depth.ts'
import { redactText } from '../../redact.ts'
import type { Exchange } from '../exchange.ts'
import { secretValues } from '../secret-keys.ts'
import { newAnswer, type VendorAnswer } from '../vendor-answer.ts'
import { decodeText } from './decode-text.ts'
import { type JsonSlice, sliceJson } from './slice-json.ts'
import { parseXml } from './xml.ts'

/** More than any list page; decoding more at once would hold up every other call. */
const MAX_DECODED_BYTES = 16 * 1024 * 1024
/** Of an error only the beginning is shown. */
const MAX_ERROR_BYTES = 256 * 1024
/** Answers that have no body whatever their headers say (RFC 9110 §6.4.1); a copied length would leave the caller waiting. */
const BODILESS = new Set([204, 205, 304])

/**
 * Decodes a vendor's answer (spec 11 §4.6): JSON to a value, or to `JsonText` where nobody looks into it; text to a
 * string; anything else, what the model calls a file, and JSON that nothing would change, stays a stream.
 * @throws ValenceError VENDOR_REPLY_INVALID for JSON that cannot be read
 */
export async function readReply(reply: VendorReply, exchange: Exchange): Promise<VendorAnswer> {
  const { status, headers } = reply
  const answer = newAnswer(status, headers)
  const contentType = String(headers['content-type'] ?? '').toLowerCase()
  if (BODILESS.has(status) || exchange.vendor.method === 'HEAD') {
    await reply.bytes(MAX_ERROR_BYTES)
    return answer
  }
  if (status < 400 && (exchange.resource.answersFile || isOpaque(contentType) || isUntouched(exchange))) {
    answer.body = reply.body
    return answer
  }
  if (status >= 400) {
    answer.text = await errorText(reply)
    if (answer.text !== '') setBody(answer, decode(answer.text, contentType, status, exchange))
    return answer
  }
  const bytes = await reply.bytes(MAX_DECODED_BYTES)
  const slice = contentType.includes('json') ? sliced(bytes, exchange) : undefined
  if (slice) return { ...answer, body: slice.part, raw: slice.envelope }
  answer.text = decodeText(bytes, contentType)
  if (answer.text === '') return answer
  setBody(answer, decode(answer.text, contentType, status, exchange))
  answer.isXml = isXml(answer.text, contentType)
  return answer
}

function setBody(answer: VendorAnswer, value: unknown): void {
  answer.body = value
  answer.raw = value
  answer.vendorBody = value
  // a cheap look at the text saves a walk over every record
  answer.mayHoldNulls = answer.text.includes('null')
}

/** An error page of any length is still only an error. */
async function errorText(reply: VendorReply): Promise<string> {
  try {
    return await reply.text(MAX_ERROR_BYTES)
  } catch (error) {
    if (error instanceof ValenceError && error.code === 'VENDOR_REPLY_INVALID') return ''
    throw error
  }
}

function isOpaque(contentType: string): boolean {
  return contentType !== '' && !/json|xml|^text\/|x-www-form-urlencoded/.test(contentType)
}

/** The records as text, with root key and null filter already done, where nobody looks into them. */
function sliced(bytes: Buffer, exchange: Exchange): JsonSlice | undefined {
  const { resource, entry, instance, call } = exchange
  const picksFields = call.query['fields'] !== undefined && instance.configuration['allow.select.fields'] === 'true'
  // the next resource of a chain looks into it
  if (!resource.keepsText || looksAtRecords(exchange) || picksFields || resource !== entry.chain.at(-1))
    return undefined
  const withoutNulls = instance.configuration['filter.response.nulls'] !== 'false'
  return sliceJson(bytes, resource.responseRoot, { withoutNulls })
}

/** A single object that no root key, null filter or field filter changes goes to the caller as it arrives. */
function isUntouched(exchange: Exchange): boolean {
  const { call, resource, instance } = exchange
  return (
    call.method === 'GET' &&
    !looksAtRecords(exchange) &&
    resource.keepsText &&
    resource.chain.length === 1 &&
    resource.resource.path.endsWith('}') &&
    resource.responseRoot === undefined &&
    instance.configuration['filter.response.nulls'] === 'false' &&
    instance.configuration['allow.select.fields'] !== 'true'
  )
}

/** A mapping changes every record, a filter looks into each. */
function looksAtRecords({ common, rowFilter }: Exchange): boolean {
  return common !== undefined || rowFilter !== undefined
}

/** Said so, or begins so where nothing is said. */
function isXml(text: string, contentType: string): boolean {
  return /[/+]xml/.test(contentType) || (!/json|html/.test(contentType) && /^\s*<\?xml/.test(text))
}

function decodeXml(text: string, status: number, label: string): unknown {
  try {
    return parseXml(text)
  } catch (cause) {
    if (status >= 400) return text
    const reason = (cause as Error).message
    throw new ValenceError(
      'VENDOR_REPLY_INVALID',
      `${label}: the vendor answered ${status} with XML that cannot be read: ${reason}`,
      { cause },
    )
  }
}

function decode(text: string, contentType: string, status: number, { plan, resource, instance }: Exchange): unknown {
  if (isXml(text, contentType)) return decodeXml(text, status, resource.label)
  const looksJson = /^\s*[[{"]/.test(text)
  if (!contentType.includes('json') && !(looksJson && !contentType.includes('xml'))) return text
  if (isTooDeep(text)) {
    if (status >= 400) return text
    throw new ValenceError(
      'VENDOR_REPLY_INVALID',
      `${resource.label}: the vendor's answer nests deeper than ${MAX_JSON_DEPTH} levels`,
    )
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    // an error page with a wrong Content-Type still says something; a success that cannot be read does not
    if (status >= 400 || !contentType.includes('json')) return text
    throw new ValenceError(
      'VENDOR_REPLY_INVALID',
      `${resource.label}: the vendor answered ${status} with malformed JSON`,
      {
        cause: error,
        providerMessage: redactText(text, secretValues(plan.element, instance.configuration)).slice(0, 1000),
      },
    )
  }
}
