/** A list; the one object where a list should be; undefined when there is nothing. XML vendors send lists of one so. */
export function asList(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value
  return value === undefined || value === null ? undefined : [value]
}
