/**
 * A property of a step as it is written: text with references in it, `/contacts/${trigger.event.objectId}` (spec 31 §2.2).
 */
export type TemplatePart =
  | { kind: 'text'; text: string }
  /** what stands between the braces, without blanks around it */
  | { kind: 'reference'; text: string }

/**
 * Never throws: braces that are not closed, and a `$` without them, are text. Braces and quotes inside of a reference belong to it:
 * `${ Object.values({ a: '}' }) }`.
 */
export function parseTemplate(text: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = []
  let from = 0
  for (let at = text.indexOf('${'); at >= 0; at = text.indexOf('${', from)) {
    const end = closingBrace(text, at + 2)
    if (end < 0) break
    if (at > from) parts.push({ kind: 'text', text: text.slice(from, at) })
    parts.push({ kind: 'reference', text: text.slice(at + 2, end).trim() })
    from = end + 1
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) })
  return parts
}

/** The one reference that a text consists of, blanks aside: its value keeps its type (spec 31 §2.4). */
export function onlyReference(parts: readonly TemplatePart[]): string | undefined {
  const [first, ...others] = parts.filter((part) => part.kind === 'reference' || part.text.trim() !== '')
  return first?.kind === 'reference' && others.length === 0 ? first.text : undefined
}

const QUOTES = new Set(["'", '"', '`'])

/** @returns where the brace is that closes the one before `from`, or -1 */
function closingBrace(text: string, from: number): number {
  let depth = 0
  let quote = ''
  for (let at = from; at < text.length; at++) {
    const character = text[at] as string
    if (quote !== '') {
      if (character === '\\') at++
      else if (character === quote) quote = ''
    } else if (QUOTES.has(character) && closes(text, at)) quote = character
    else if (character === '{') depth++
    else if (character === '}' && depth-- === 0) return at
  }
  return -1
}

/** An apostrophe in a name is no quote: nothing ends it. */
function closes(text: string, at: number): boolean {
  return text.indexOf(text[at] as string, at + 1) > 0
}
