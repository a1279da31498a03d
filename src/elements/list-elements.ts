import { conditionsOf } from '../ceql/ast.ts'
import { matches } from '../ceql/match.ts'
import { parseWhere } from '../ceql/parse.ts'
import { ValenceError } from '../errors.ts'
import type { Element } from '../model/element.ts'
import type { Catalog } from './catalog.ts'
import { type ElementView, toAbridged } from './element-views.ts'

export interface ElementFilter {
  /** CEQL over the members of the short object, e.g. `key`, `private`, `extended`; `abridged` in it chooses the display */
  where?: string
  abridged?: boolean
  /** key of a hub; an unknown one has no elements */
  hub?: string
}

/**
 * `GET /elements` (spec 10 §2.3).
 *
 * @returns whole elements, or short ones with `abridged`, by ascending id
 * @throws ValenceError QUERY_INVALID when `where` does not parse; NOTHING_FOUND (404, "No elements found", spec 00 §6)
 */
export function listElements(catalog: Catalog, filter: ElementFilter = {}): readonly (Element | ElementView)[] {
  const where = filter.where === undefined ? undefined : parseWhere(filter.where)
  const display = where && conditionsOf(where).find((condition) => condition.attribute === 'abridged')
  const asked = display?.kind === 'comparison' && display.value.text.toLowerCase() === 'true'
  const abridged = filter.abridged === true || asked
  const found = catalog.elements.filter((element) => {
    if (filter.hub !== undefined && element.hub !== filter.hub.toLowerCase()) return false
    // `abridged` is a display switch: its condition holds for every row, whichever way it was set.
    return !where || matches(where, { ...toAbridged(element), abridged: asked })
  })
  if (found.length === 0) throw new ValenceError('NOTHING_FOUND', 'No elements found')
  return abridged ? found.map(toAbridged) : found
}

/** `GET /elements/keys` (spec 10 §2.2). */
export function listElementKeys(catalog: Catalog): string[] {
  return catalog.elements.map((element) => element.key)
}
