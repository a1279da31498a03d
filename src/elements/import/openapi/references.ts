import type { Doubtful } from '../doubts.ts'
import { isObject, type JsonObject } from '../json-value.ts'

const MOST_HOPS = 20

export interface References {
  /** the value itself, behind `$ref`; members beside a `$ref` win over those of its target */
  follow(value: unknown): JsonObject | undefined
  /** the target of one reference */
  target(pointer: string): unknown
}

/** References inside one document. Nothing is fetched: what leads outside is a doubt and reads as absent. */
export function createReferences(document: JsonObject, doubt: Doubtful): References {
  const target = (pointer: string): unknown => {
    if (!pointer.startsWith('#')) {
      doubt(pointer.slice(0, 100), 'leads out of the document and is not followed: import one complete document')
      return undefined
    }
    let value: unknown = document
    for (const segment of pointer
      .slice(1)
      .split('/')
      .filter((part) => part !== '')
      .map(decoded)) {
      const isMember = (isObject(value) || Array.isArray(value)) && Object.hasOwn(value, segment)
      if (!isMember) {
        doubt(pointer.slice(0, 100), 'leads nowhere in the document')
        return undefined
      }
      value = (value as JsonObject)[segment]
    }
    return value
  }
  const follow = (value: unknown): JsonObject | undefined => {
    let current = value
    for (let hops = 0; hops < MOST_HOPS && isObject(current); hops++) {
      const { $ref, ...beside } = current
      if (typeof $ref !== 'string') return current
      const found = target($ref)
      if (!isObject(found)) return Object.keys(beside).length > 0 ? beside : undefined
      current = typeof found['$ref'] === 'string' ? found : { ...found, ...beside }
    }
    return undefined
  }
  return { follow, target }
}

/** One segment of a JSON pointer (RFC 6901), in a URI fragment. */
function decoded(segment: string): string {
  const text = segment.replaceAll('~1', '/').replaceAll('~0', '~')
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a document that did not encode its percent sign
  }
}
