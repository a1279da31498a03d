import { JsonText } from '../../model/exchange.ts'

/** How many records an answer holds; undefined when it is no list. */
export function countOf(body: unknown): number | undefined {
  if (body instanceof JsonText) return body.count
  return Array.isArray(body) ? body.length : undefined
}
