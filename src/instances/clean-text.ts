/**
 * Names and tags without HTML, text kept: `<a href=…>x</a>` → `x` (spec 00 §13).
 * One pass, not a pattern over the whole text. A `<` that opens no tag stays, and what is left of nested tags is looked
 * at again: `<<b>script>` must not become a tag.
 */
export function withoutHtml(text: string): string {
  const kept: string[] = []
  let open: number | undefined // where the first tag that has not been closed begins in `kept`
  for (const char of text) {
    if (char === '>' && open !== undefined) {
      kept.length = open
      open = undefined
      continue
    }
    if (open === undefined && kept.at(-1) === '<' && /[a-z/!?]/i.test(char)) open = kept.length - 1
    kept.push(char)
  }
  return kept.join('').trim()
}
