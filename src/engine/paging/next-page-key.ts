import { ownValue } from '../../model/own-value.ts'
import type { NextPageKey } from '../plan.ts'
import { extractPath, parseRootPath, type RootPath } from '../root-path.ts'

/** `body.<path>`, `<path>`, `header.<name>`, bare `elements-next-page-token`, each with `?param` (spec 11 §5.3). */
export function parseNextPageKey(text: string | null | undefined): NextPageKey | undefined {
  if (!text) return undefined
  const mark = text.lastIndexOf('?')
  const place = mark < 0 ? text : text.slice(0, mark)
  const parameter = mark < 0 ? undefined : text.slice(mark + 1)
  if (place.startsWith('header.')) return { from: 'header', header: place.slice(7).toLowerCase(), paths: [], parameter }
  if (place.toLowerCase() === 'elements-next-page-token') {
    return { from: 'header', header: place.toLowerCase(), paths: [], parameter }
  }
  const path = parseRootPath(place.startsWith('body.') ? place.slice(5) : place)
  if (!path) return undefined
  // when the path does not resolve, its first segment is dropped and it is tried again: real exports rely on it
  const shorter = { text: path.text, steps: path.steps.slice(1) }
  // a member may have a dot in its name: OData's `@odata.nextLink`
  const literal = { text: path.text, steps: [{ name: path.text }] }
  return { from: 'body', header: '', paths: path.steps.length < 2 ? [path] : [path, literal, shorter], parameter }
}

/** The vendor's cursor of the next page, or undefined on the last one. */
export function findNextCursor(
  key: NextPageKey,
  reply: { headers: Record<string, string | string[]>; raw: unknown },
): string | undefined {
  const found = key.from === 'header' ? ownValue(reply.headers, key.header) : findInBody(reply.raw, key.paths)
  const text = Array.isArray(found) ? found[0] : found
  if (text === undefined || text === null || text === '' || typeof text === 'object' || text === false) return undefined
  return key.parameter === undefined ? String(text) : parameterOf(String(text), key.parameter)
}

function findInBody(raw: unknown, paths: readonly RootPath[]): unknown {
  for (const path of paths) {
    const found = extractPath(raw, path)
    if (found !== undefined) return found
  }
  return undefined
}

function parameterOf(url: string, name: string): string | undefined {
  const mark = url.indexOf('?')
  const query = new URLSearchParams((mark < 0 ? url : url.slice(mark + 1)).replace(/#.*$/, ''))
  return query.get(name) ?? undefined
}
