import { isTooDeep } from '../model/json-depth.ts'

/**
 * A text that may be JSON as its value; undefined when it is none, or nests deeper than what can be walked and written
 * again (`MAX_JSON_DEPTH`). For texts of scripts and elements, which are nobody's promise.
 */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
