/**
 * A value where text is wanted, in an address, a header or the configuration: text as it is, objects as JSON. Not `String`:
 * an object of a script may have a `toString` that is no function.
 */
export function asText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
