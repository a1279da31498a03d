import type { VendorDraft } from '../vendor-draft.ts'

/** Fields of an urlencoded body as it will be sent, also one that a hook wrote; undefined for any other body. */
export function formOf({ headers, body }: VendorDraft): [name: string, value: string][] | undefined {
  const isForm = /^application\/x-www-form-urlencoded(?:\s*;|$)/i.test(headers['content-type'] ?? '')
  return isForm && typeof body === 'string' ? [...new URLSearchParams(body)] : undefined
}
