const FORMS = {
  hex: /^(?:[0-9a-fA-F]{2})+$/,
  base64: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/,
  base64url: /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}(?:==)?|[A-Za-z0-9_-]{3}=?)?$/,
} as const

/**
 * Bytes of a text, or undefined when it is not wholly in that form: Node's own decoders skip what they do not know. Upper and lower
 * case of hex are the same bytes; padding may be absent.
 */
export function decode(text: string, encoding: keyof typeof FORMS): Buffer | undefined {
  return text !== '' && FORMS[encoding].test(text) ? Buffer.from(text, encoding) : undefined
}
