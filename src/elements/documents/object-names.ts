import type { Element } from '../../model/element.ts'
import { type DocumentedResource, documentedResources } from './element-api.ts'

/** What every element answers, and is no object. */
const NO_OBJECTS = new Set(['ping', 'objects', 'bulk'])

/** Names of objects are compared without dashes and in any case: `credit-memos` is `creditMemos` (spec 23 §B2). */
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

/** The documented resources of one object, by its name. */
export function isOfObject(objectName: string): (resource: DocumentedResource) => boolean {
  const key = objectKey(objectName)
  return ({ path, resource }) => {
    const object = objectOfPath(path)
    if (object === undefined) return false
    return object === key || (typeof resource.objectName === 'string' && objectKey(resource.objectName) === key)
  }
}

export function resourcesOfObject(element: Element, objectName: string): DocumentedResource[] {
  return documentedResources(element).filter(isOfObject(objectName))
}

function objectKey(name: string): string {
  return name.replaceAll('-', '').toLowerCase()
}
