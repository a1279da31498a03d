import { createHash } from 'node:crypto'
import { extractPath, parseRootPath } from '../engine/root-path.ts'
import { storableText } from '../model/storable-text.ts'
import { readQuickly } from './read-body.ts'
import { MAX_KEY } from './store-events.ts'

/**
 * Where the vendor says which delivery this is: `header:x-github-delivery`, `query:id`, or `body:$.event.id`. Only with such a declaration
 * is a second delivery of one name dropped; without it two events may look alike (docs/element-manifest.md).
 */
export const DELIVERY_ID = 'event.vendor.delivery.id'

interface Delivered {
  /** lower-case names */
  headers: Readonly<Record<string, string>>
  query: string
  contentType: string | undefined
  body: Buffer
}

/**
 * What the vendor calls a delivery.
 *
 * @param declared value of {@link DELIVERY_ID}
 * @returns undefined when nothing is declared, the declaration names no place, or nothing stands there: such an event is always stored
 */
export function deliveryName(declared: string | null | undefined, delivered: Delivered): string | undefined {
  const [, place, name = ''] = /^\s*(header|query|body):\s*(\S.*?)\s*$/s.exec(declared ?? '') ?? []
  const value = place === undefined ? undefined : valueAt(place, name, delivered)
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const text = storableText(String(value)).trim()
  if (text === '') return undefined
  return text.length <= MAX_KEY ? text : `sha256:${createHash('sha256').update(text).digest('hex')}`
}

function valueAt(place: string, name: string, delivered: Delivered): unknown {
  if (place === 'header') return delivered.headers[name.toLowerCase()]
  if (place === 'query') return new URLSearchParams(delivered.query).get(name) ?? undefined
  const path = parseRootPath(name.replace(/^\$\.?/, ''))
  return path && extractPath(readQuickly(delivered), path)
}
