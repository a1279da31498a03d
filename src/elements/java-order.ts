/**
 * The order in which a Java HashMap of that many names lists them. The original derived names of definitions while it
 * walked one (spec 23 §C4), so the same names come out only in the same order.
 */
export function inJavaOrder(names: readonly string[]): string[] {
  let size = 16
  while (names.length > size * 0.75) size *= 2
  const buckets = names.map((name) => ({ name, bucket: bucketOf(name, size) }))
  return buckets.toSorted((a, b) => a.bucket - b.bucket).map(({ name }) => name)
}

function bucketOf(name: string, size: number): number {
  let hash = 0
  for (let at = 0; at < name.length; at++) hash = (Math.imul(hash, 31) + name.charCodeAt(at)) | 0
  return (hash ^ (hash >>> 16)) & (size - 1)
}
