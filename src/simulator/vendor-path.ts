/** One pattern of a vendor's paths, e.g. `/v2/deals/{id}/associated_contacts`. */
export interface VendorPath {
  /** with variable names erased, so that `/contacts/{id}` and `/contacts/{contactId}` are one pattern */
  key: string
  segments: string[]
  /** names of the variables in order */
  variables: string[]
  variableCount: number
  /** values of the variables when a request path fits, percent-decoded; undefined when it does not */
  match(requested: readonly string[]): string[] | undefined
}

const VARIABLE = /\{([^{}]*)\}/g
const MAX_SEGMENTS = 40
const MAX_LENGTH = 2000

/** @param text path without origin; query, fragment, empty segments and a trailing slash are dropped */
export function vendorPath(text: string): VendorPath {
  const segments = pathSegments(text)
  const patterns = segments.map((segment) => segment.split(/\{[^{}]*\}/).map(decoded))
  const variables = segments.flatMap((segment) => [...segment.matchAll(VARIABLE)].map((found) => found[1] ?? ''))
  return {
    key: `/${segments.map((segment) => segment.replace(VARIABLE, '{}')).join('/')}`,
    segments,
    variables,
    variableCount: variables.length,
    match(requested) {
      if (requested.length !== patterns.length) return undefined
      const values: string[] = []
      return patterns.every((literals, at) => fits(literals, decoded(requested[at] ?? ''), values)) ? values : undefined
    },
  }
}

/** Segments of a path, still encoded; empty ones do not count. */
export function pathSegments(path: string): string[] {
  const plain = path.slice(0, MAX_LENGTH).split(/[?#]/)[0] ?? ''
  return plain
    .split('/')
    .filter((segment) => segment !== '')
    .slice(0, MAX_SEGMENTS)
}

/**
 * Whether a segment consists of the literals with at least one character between each two: in one walk, since a pattern
 * with many variables would take a backtracking expression forever.
 */
function fits(literals: readonly string[], text: string, values: string[]): boolean {
  const [first = '', ...others] = literals
  const last = others.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const literal of others) {
    const next = text.indexOf(literal, at + 1)
    if (next < 0) return false
    values.push(text.slice(at, next))
    at = next + literal.length
  }
  const end = text.length - last.length
  if (end <= at || !text.endsWith(last)) return false
  values.push(text.slice(at, end))
  return true
}

export function hasVariable(segment: string | undefined): boolean {
  return segment !== undefined && /\{[^{}]*\}/.test(segment)
}

/** Without blanks at its ends: addresses in configurations have some. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text).trim()
  } catch {
    // a broken escape stands for itself
    return text.trim()
  }
}
