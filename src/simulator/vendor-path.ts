/** One pattern of a vendor's paths, e.g. `/v2/deals/{id}/associated_contacts`. */
export interface VendorPath {
  /** with variable names erased, so that `/contacts/{id}` and `/contacts/{contactId}` are one pattern */
  key: string
  segments: string[]
  /** matches a whole request path, variables in groups in order */
  expression: RegExp
  variableCount: number
}

const VARIABLE = /\{[^}]*\}/g

/** @param text path without origin; query, fragment and trailing slash are dropped */
export function vendorPath(text: string): VendorPath {
  const segments = (text.split(/[?#]/)[0] ?? '').split('/').filter((segment) => segment !== '')
  const key = `/${segments.map((segment) => segment.replace(VARIABLE, '{}')).join('/')}`
  const source = segments.map((segment) => segment.split(VARIABLE).map(escapeExpression).join('([^/]+?)')).join('/')
  return {
    key,
    segments,
    expression: new RegExp(`^/${source}/?$`),
    variableCount: segments.reduce((count, segment) => count + (segment.match(VARIABLE)?.length ?? 0), 0),
  }
}

export function hasVariable(segment: string | undefined): boolean {
  return segment !== undefined && /\{[^}]*\}/.test(segment)
}

function escapeExpression(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
