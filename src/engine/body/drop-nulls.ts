/**
 * Drops null members, in place and at any depth (spec 10 §4.5 `filter.response.nulls`). They are set to `undefined`,
 * which JSON leaves out: deleting members would turn every record into a slow dictionary.
 * Null elements of arrays stay; the value was just decoded from JSON, so it has no cycles and bounded depth.
 */
export function dropNulls(value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && item !== null) dropNulls(item)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const members = value as Record<string, unknown>
  for (const name in members) {
    const member = members[name]
    if (member === null) members[name] = undefined
    else if (typeof member === 'object') dropNulls(member)
  }
}
