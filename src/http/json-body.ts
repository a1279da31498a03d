import { ValenceError } from '../errors.ts'
import { isTooDeep, MAX_JSON_DEPTH } from '../model/json-depth.ts'

/**
 * A JSON body. An empty one and the literal `null`, which clients send with DELETE, are no body (spec 01 §1).
 * @throws ValenceError BODY_INVALID
 */
export function parseJson(text: string): unknown {
  if (text.trim() === '') return undefined
  if (isTooDeep(text))
    throw new ValenceError('BODY_INVALID', `The request body nests deeper than ${MAX_JSON_DEPTH} levels`)
  try {
    return JSON.parse(text) ?? undefined
  } catch (error) {
    throw new ValenceError('BODY_INVALID', `The request body is not valid JSON: ${withoutExcerpt(error as Error)}`)
  }
}

/** V8 quotes some of the text in some of its messages, and that may be a password. */
function withoutExcerpt({ message }: Error): string {
  return message.replace(/, (?:\.{3})?".*"(?:\.{3})? is not valid JSON$/s, '')
}
