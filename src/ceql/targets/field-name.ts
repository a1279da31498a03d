import { cannotSay } from './like-pattern.ts'

/**
 * A name that goes unquoted into a vendor's language: the caller may write any character into one, so only what cannot be
 * anything else there passes.
 * @throws ValenceError QUERY_INVALID for any other name
 */
export function fieldName(attribute: string, pattern: RegExp, language: string): string {
  if (!pattern.test(attribute)) throw cannotSay(`The name "${attribute}"`, language)
  return attribute
}
