import { readSignedReference } from '../instances/webhook-reference.ts'
import { isRowId } from '../model/row-id.ts'

/** What may stand after the element in a webhook's path. */
export type Reference = { instanceId: number; signature: string | undefined } | { token: string }

const BASE64 = /^[A-Za-z0-9+/_-]{2,16}={0,2}$/
/** element-instance tokens are shorter */
const MAX_TOKEN = 200

/**
 * Of the end of a webhook's path (spec 40 §4.1): an id in digits; an id in Base64, of either alphabet and with or without padding; the
 * signed form of `webhook-reference.ts`; anything else may be the token of an instance. Base64 of digits begins with M, N or O, so
 * nothing is both.
 *
 * @param text percent-decoded
 * @returns undefined for what is none of them
 */
export function readReference(text: string): Reference | undefined {
  const signed = readSignedReference(text)
  if (signed) return signed
  const digits = /^\d+$/.test(text) ? text : BASE64.test(text) ? Buffer.from(text, 'base64').toString('latin1') : ''
  if (/^\d+$/.test(digits))
    return isRowId(Number(digits)) ? { instanceId: Number(digits), signature: undefined } : undefined
  return text === '' || text.length > MAX_TOKEN ? undefined : { token: text }
}
