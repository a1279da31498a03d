import { fillUrl } from '../engine/fill-url.ts'
import { compilePathTemplate } from '../engine/path-template.ts'
import { ownValue } from '../model/own-value.ts'

/** `{site.address}` and the like are filled from the given values; clients send a tenant's host as `siteAddress` too. */
export function fillAddress(address: string, values: Readonly<Record<string, string | null | undefined>>): string {
  return fillUrl(
    // real exports have addresses with a blank at their end
    compilePathTemplate(address.trim()),
    (name) => ownValue(values, name) ?? values['siteAddress'] ?? values['site.address'] ?? undefined,
  )
}
