const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_OBJECT = 0x7b
const OPEN_LIST = 0x5b
const CLOSE_OBJECT = 0x7d
const CLOSE_LIST = 0x5d

/**
 * The elements of a JSON list as the texts they are: numbers keep their digits, and nothing is written again.
 *
 * @param text of a well-formed list (`JsonText`)
 */
export function* recordTexts(text: string): Generator<string, void, undefined> {
  let at = text.indexOf('[') + 1
  let start = at
  for (let depth = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfText(text, at)
    else if (code === OPEN_OBJECT || code === OPEN_LIST) depth++
    else if (depth === 0 && (code === COMMA || code === CLOSE_LIST)) {
      const element = text.slice(start, at).trim()
      if (element !== '') yield element
      if (code === CLOSE_LIST) return
      start = at + 1
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth--
  }
}

/** @returns place of the quote that ends the text, which is not behind an odd number of backslashes */
function endOfText(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at > 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return at
  }
  return text.length
}

/** One line of a text that may have been written over many: between the tokens of JSON a line break is a blank. */
export function onOneLine(text: string): string {
  return /[\n\r]/.test(text) ? text.replaceAll(/[\n\r]\s*/g, ' ') : text
}
