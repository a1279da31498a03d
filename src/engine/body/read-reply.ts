import { ValenceError } from '../../errors.ts'
import type { VendorReply } from '../../model/exchange.ts'
import type { Exchange, VendorAnswer } from '../exchange.ts'
import { type JsonSlice, sliceJson } from './slice-json.ts'

/** More than any list page; larger answers are streamed or refused. */
const MAX_DECODED_BYTES = 64 * 1024 * 1024

/**
 * Decodes a vendor's answer (spec 11 §4.6): JSON to a value, or to `JsonText` where nobody looks into it; text to a
 * string; anything else, and JSON that nothing would change, stays a stream.
 * @throws ValenceError VENDOR_REPLY_INVALID for JSON that cannot be read
 */
export async function readReply(reply: VendorReply, exchange: Exchange): Promise<VendorAnswer> {
  const { status, headers } = reply
  const answer: VendorAnswer = { status, headers, body: undefined, raw: undefined, text: '' }
  const contentType = String(headers['content-type'] ?? '').toLowerCase()
  if (status < 400 && (isOpaque(contentType) || isUntouched(exchange))) {
    answer.body = reply.body
    return answer
  }
  const bytes = await reply.bytes(MAX_DECODED_BYTES)
  const slice = status < 400 && contentType.includes('json') ? sliced(bytes, exchange) : undefined
  if (slice) return { ...answer, body: slice.part, raw: slice.envelope }
  answer.text = bytes.toString('utf8')
  if (answer.text === '') return answer
  answer.raw = decode(answer.text, contentType, status, exchange)
  answer.body = answer.raw
  return answer
}

function isOpaque(contentType: string): boolean {
  return contentType !== '' && !/json|xml|^text\/|x-www-form-urlencoded/.test(contentType)
}

/** The records as text, with root key and null filter already done, where nobody looks into them. */
function sliced(bytes: Buffer, { resource, instance, call }: Exchange): JsonSlice | undefined {
  const picksFields = call.query['fields'] !== undefined && instance.configuration['allow.select.fields'] === 'true'
  if (!resource.keepsText || picksFields) return undefined
  const withoutNulls = instance.configuration['filter.response.nulls'] !== 'false'
  return sliceJson(bytes, resource.responseRoot, { withoutNulls })
}

/** A single object that no root key, null filter or field filter changes goes to the caller as it arrives. */
function isUntouched({ call, resource, instance }: Exchange): boolean {
  return (
    call.method === 'GET' &&
    resource.resource.path.endsWith('}') &&
    resource.responseRoot === undefined &&
    instance.configuration['filter.response.nulls'] === 'false' &&
    instance.configuration['allow.select.fields'] !== 'true'
  )
}

function decode(text: string, contentType: string, status: number, { resource }: Exchange): unknown {
  const looksJson = /^\s*[[{"]/.test(text)
  if (!contentType.includes('json') && !(looksJson && !contentType.includes('xml'))) return text
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
        providerMessage: text.slice(0, 1000),
      },
    )
  }
}
