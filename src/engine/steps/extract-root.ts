import { JsonText } from '../../model/exchange.ts'
import type { Step } from '../ports.ts'
import { extractPath } from '../root-path.ts'

/**
 * The part of the vendor's body below the response root key; a path that does not resolve changes nothing (spec 11 §4.4).
 * XML cannot say that one record is a list of one, and an empty element is no record: there the model decides.
 */
export const extractRoot: Step = (exchange) => {
  const { reply, resource } = exchange
  if (!resource.responseRoot || reply.status >= 400 || reply.body instanceof JsonText) return exchange
  const found = extractPath(reply.body, resource.responseRoot)
  if (found === undefined) return exchange
  reply.body = reply.isXml && resource.answersList && !Array.isArray(found) ? (found === '' ? [] : [found]) : found
  return exchange
}
