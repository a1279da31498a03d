import type { VendorDraft } from '../vendor-draft.ts'

/**
 * The request body as text with its Content-Type. A form wins over everything else (spec 11 §3.6); text is sent as it
 * is; anything else is JSON. Without a body there is no Content-Type.
 */
export function serialize(vendor: VendorDraft): void {
  if (vendor.form) {
    vendor.headers['content-type'] = 'application/x-www-form-urlencoded'
    vendor.body = new URLSearchParams(vendor.form).toString()
    return
  }
  if (vendor.body === undefined || vendor.body === null) {
    vendor.body = undefined
    delete vendor.headers['content-type']
    return
  }
  vendor.headers['content-type'] ??= 'application/json'
  if (typeof vendor.body !== 'string') vendor.body = JSON.stringify(vendor.body)
}
