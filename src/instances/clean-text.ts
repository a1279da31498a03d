/**
 * Names and tags without HTML, text kept: `<a href=…>x</a>` → `x` (spec 00 §13).
 * Tags go by scanning, not by a pattern over the whole text, and a `<` that opens no tag stays.
 */
export function withoutHtml(text: string): string {
  let clean = ''
  let at = 0
  while (at < text.length) {
    const open = text.indexOf('<', at)
    if (open < 0) break
    const close = text.indexOf('>', open)
    clean += text.slice(at, open)
    if (close < 0 || !/[a-z/!?]/i.test(text[open + 1] ?? '')) {
      clean += '<'
      at = open + 1
    } else {
      at = close + 1
    }
  }
  return (clean + text.slice(at)).trim()
}
