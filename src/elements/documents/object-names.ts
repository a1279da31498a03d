/** What every element answers, and is no object. */
const NO_OBJECTS = new Set(['ping', 'objects', 'bulk'])

/** Names of objects are compared without dashes, underscores and blanks, in any case: `credit-memos` is `creditMemos` (spec 23 §B2). */
export function isSameObject(a: string, b: string): boolean {
  return objectKey(a) === objectKey(b)
}

/**
 * The object that a path is about, by its words alone: `/lists/{id}/contacts` is `listscontacts`.
 * @returns undefined for paths that are about any object, or none
 */
export function objectOfPath(path: string): string | undefined {
  const segments = path.split('/').filter((segment) => segment !== '')
  const [first = '{'] = segments
  if (first.startsWith('{') || NO_OBJECTS.has(first)) return undefined
  return objectKey(segments.filter((segment) => !segment.startsWith('{')).join(''))
}

function objectKey(name: string): string {
  return name.replace(/[-_\s]/g, '').toLowerCase()
}
