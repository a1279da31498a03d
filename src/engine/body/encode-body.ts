import type { BodyUpload, VendorDraft } from '../vendor-draft.ts'
import { bodyAsText } from './body-text.ts'
import { encodeMultipart, multipartBoundary, type OutgoingPart } from './multipart.ts'
import { toXml } from './write-xml.ts'

/**
 * The request body as it is sent, with its Content-Type. A form wins over everything else unless the Content-Type says
 * multipart (spec 11 §3.6); text is sent as it is; a value is written as the Content-Type says, JSON when it says
 * nothing. Without a body there is no Content-Type.
 */
export function encodeBody(vendor: VendorDraft, random: () => number): void {
  delete vendor.headers['content-length']
  const declared = (vendor.headers['content-type'] ?? '').trim()
  if (vendor.parts || (vendor.form && isMultipart(declared))) {
    encodeParts(vendor, random)
    return
  }
  // multipart without a part says how the caller uploads, not how the vendor is sent to
  const type = isMultipart(declared) && !/boundary=/i.test(declared) ? '' : declared
  if (vendor.upload) {
    encodeUpload(vendor, vendor.upload, type)
    return
  }
  if (vendor.form) {
    vendor.body = bodyAsText(vendor)
    vendor.headers['content-type'] = 'application/x-www-form-urlencoded'
    return
  }
  if (vendor.body === undefined || vendor.body === null) {
    vendor.body = undefined
    delete vendor.headers['content-type']
    return
  }
  if (typeof vendor.body !== 'string') vendor.body = written(vendor.body, type)
  setType(vendor, type || 'application/json')
}

function setType(vendor: VendorDraft, type: string): void {
  if (!vendor.fromHooks?.removedHeaders.has('content-type')) vendor.headers['content-type'] = type
}

function written(value: unknown, type: string): string {
  if (/[/+]xml/i.test(type)) return toXml(value)
  if (/^application\/x-www-form-urlencoded/i.test(type) && typeof value === 'object' && value !== null) {
    return new URLSearchParams(textMembers(value)).toString()
  }
  return JSON.stringify(value)
}

function isMultipart(type: string): boolean {
  return /^multipart\//i.test(type)
}

function encodeUpload(vendor: VendorDraft, { file, isBase64, base64 }: BodyUpload, type: string): void {
  if (isBase64) {
    vendor.body = base64
    setType(vendor, type || 'text/plain')
    return
  }
  vendor.openBody = file.open
  vendor.headers['content-length'] = String(file.sizeBytes)
  setType(vendor, type || file.contentType || 'application/octet-stream')
}

/** The boundary is the encoder's, so what the element declares as Content-Type is dropped (spec 11 §3.6). */
function encodeParts(vendor: VendorDraft, random: () => number): void {
  const parts: OutgoingPart[] = [
    ...(vendor.form ?? []).map(([name, value]) => ({ name, value })),
    ...(vendor.parts ?? []),
  ]
  if (typeof vendor.body === 'object' && vendor.body !== null) {
    parts.push(...textMembers(vendor.body).map(([name, value]) => ({ name, value })))
  }
  const encoded = encodeMultipart(parts, multipartBoundary(random))
  vendor.body = undefined
  vendor.openBody = encoded.open
  vendor.headers['content-type'] = encoded.contentType
  if (encoded.lengthBytes !== undefined) vendor.headers['content-length'] = String(encoded.lengthBytes)
}

function textMembers(value: object): [string, string][] {
  return Object.entries(value)
    .filter(([, member]) => member !== null && member !== undefined)
    .map(([name, member]) => [name, typeof member === 'object' ? JSON.stringify(member) : String(member)])
}
