import type { VendorDraft } from '../vendor-draft.ts'

/**
 * The body of the vendor request as the text that scripts read (spec 11 §6.3); undefined: there is none. An uploaded file
 * is JSON text with its base64 content as `body` and its `name`, `size` and `type`: hooks of real exports take it apart.
 */
export function bodyAsText({ body, form, upload }: Pick<VendorDraft, 'body' | 'form' | 'upload'>): string | undefined {
  if (upload) {
    const { fileName, name, sizeBytes, contentType } = upload.file
    return JSON.stringify({ body: upload.base64, name: fileName ?? name, size: sizeBytes, type: contentType })
  }
  if (form) return new URLSearchParams(form).toString()
  if (body === undefined || body === null) return undefined
  return typeof body === 'string' ? body : JSON.stringify(body)
}
