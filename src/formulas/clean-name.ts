import { blank } from '../accounts/read-members.ts'
import { withoutHtml } from '../instances/clean-text.ts'

/** The name of a formula, an instance, an integration: without HTML (spec 30 §2.1, §3.1). @throws ValenceError BODY_INVALID: nothing is left of it */
export function cleanName(given: string): string {
  const name = withoutHtml(given)
  if (name === '') throw blank('name')
  return name
}
