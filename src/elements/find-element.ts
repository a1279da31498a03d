import { ValenceError } from '../errors.ts'
import type { ConfigurationRow, Element } from '../model/element.ts'
import type { Catalog } from './catalog.ts'

/**
 * `GET /elements/{keyOrId}` (spec 10 §2.2).
 * @throws ValenceError ELEMENT_NOT_FOUND (404)
 */
export function getElement(catalog: Catalog, keyOrId: string | number): Element {
  const element = catalog.find(keyOrId)
  if (!element)
    throw new ValenceError(
      'ELEMENT_NOT_FOUND',
      `There is no element with key or id "${keyOrId}"; GET /elements/keys lists them`,
    )
  return element
}

/**
 * `GET /elements/{keyOrId}/configuration`: the rows as a bare array (spec 10 §2.2).
 * @throws ValenceError ELEMENT_NOT_FOUND (404)
 */
export function getConfiguration(catalog: Catalog, keyOrId: string | number): readonly ConfigurationRow[] {
  return getElement(catalog, keyOrId).configuration
}
