/**
 * Text of strangers as a database takes it: half a surrogate pair and NUL, which JSON carries and PostgreSQL does not,
 * become U+FFFD.
 */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}
