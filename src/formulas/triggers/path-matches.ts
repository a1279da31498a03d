/**
 * Whether a call is of the resource that a trigger names (spec 31 §1): segment by segment, where `{id}` stands for any. Methods are upper case, paths
 * below the hub with a leading slash.
 */
export function matchesCall(
  listener: { method: string | null; path: string | null },
  call: { method: string; path: string },
): boolean {
  if (listener.method !== call.method || listener.path === null) return false
  const [wanted, asked] = [listener.path.split('/'), call.path.split('/')]
  return (
    wanted.length === asked.length &&
    wanted.every((segment, at) => (isPlace(segment) ? asked[at] !== '' : segment === decoded(asked[at] ?? '')))
  )
}

function isPlace(segment: string): boolean {
  return segment.startsWith('{') && segment.endsWith('}')
}

function decoded(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
