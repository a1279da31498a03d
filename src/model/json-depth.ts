/** Deeper documents are nobody's data, and every walk over them would end the stack. */
export const MAX_JSON_DEPTH = 500

/** Whether a JSON text nests deeper than `MAX_JSON_DEPTH`; one pass, brackets in strings do not count. */
export function isTooDeep(text: string): boolean {
  if (text.length < 2 * MAX_JSON_DEPTH) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) {
      for (at++; at < text.length && text.charCodeAt(at) !== 0x22; at++) if (text.charCodeAt(at) === 0x5c) at++
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > MAX_JSON_DEPTH) return true
    } else if (code === 0x5d || code === 0x7d) {
      depth--
    }
  }
  return false
}
