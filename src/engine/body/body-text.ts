import type { VendorDraft } from '../vendor-draft.ts'

/** The body of the vendor request as the text that scripts read (spec 11 §6.3); undefined: there is none. */
export function bodyAsText({ body, form }: Pick<VendorDraft, 'body' | 'form'>): string | undefined {
  if (form) return new URLSearchParams(form).toString()
  if (body === undefined || body === null) return undefined
  return typeof body === 'string' ? body : JSON.stringify(body)
}
