import Type from 'typebox'
import type { Where } from '../ceql/ast.ts'
import { conditionsOf } from '../ceql/ast.ts'
import { matches } from '../ceql/match.ts'
import { parseWhere } from '../ceql/parse.ts'
import { ValenceError } from '../errors.ts'
import { Element, ElementSummary } from '../model/element.ts'
import type { ElementDirectory, ElementLine, Viewer } from './directory.ts'
import type { ElementView } from './element-views.ts'

export interface ElementFilter {
  /** CEQL over the members of the short object, e.g. `key`, `private`, `extended`; `abridged` in it chooses the display */
  where?: string
  abridged?: boolean
  /** key of a hub; an unknown one has no elements */
  hub?: string
}

export interface ListedElements {
  lines: readonly ElementLine[]
  /** whether short objects were asked for */
  abridged: boolean
}

/** One of a list, whole or short. */
export const ElementOrSummary = Type.Unsafe<Element | ElementView>(Type.Union([Element, ElementSummary]))

/** of documents in one page of whole elements: a page of the largest ones must not take the memory of everybody else */
const MAX_PAGE_BYTES = 20 * 1024 * 1024

/**
 * `GET /elements` (spec 10 §2.3): what the viewer sees, by ascending id.
 * @throws ValenceError QUERY_INVALID when `where` does not parse; NOTHING_FOUND (404, "No elements found", spec 00 §6)
 */
export async function listElements(
  directory: ElementDirectory,
  viewer: Viewer | undefined,
  filter: ElementFilter = {},
): Promise<ListedElements> {
  const where = filter.where === undefined ? undefined : parseWhere(filter.where)
  const asked = asksAbridged(where)
  const hub = filter.hub?.toLowerCase()
  const lines = (await directory.list(viewer)).filter(({ summary }) => {
    if (hub !== undefined && summary['hub'] !== hub) return false
    // `abridged` is a display switch: its condition holds for every row, whichever way it was set.
    return !where || matches(where, { ...summary, abridged: asked })
  })
  if (lines.length === 0) throw new ValenceError('NOTHING_FOUND', 'No elements found')
  return { lines, abridged: filter.abridged === true || asked }
}

/** Whole elements, or short ones with `abridged`; one that was deleted meanwhile is left out. */
export async function showElements({ lines, abridged }: ListedElements): Promise<(Element | ElementView)[]> {
  if (abridged) return lines.map(({ summary }) => summary)
  const entries = await Promise.all(lines.map((line) => line.load()))
  return entries.flatMap((entry) => entry?.element ?? [])
}

/** How many of these fit into one page, at least one. */
export function fitting({ abridged }: ListedElements): (lines: readonly ElementLine[]) => number {
  return (lines) => {
    let count = 0
    for (let bytes = 0; count < lines.length; count++) {
      bytes += lines[count]?.sizeBytes ?? 0
      if (!abridged && count > 0 && bytes > MAX_PAGE_BYTES) break
    }
    return count
  }
}

/** `GET /elements/keys` (spec 10 §2.2): each key once, although two elements may have it. */
export async function listElementKeys(directory: ElementDirectory, viewer: Viewer | undefined): Promise<string[]> {
  return [...new Set((await directory.names(viewer)).map(({ key }) => key))]
}

function asksAbridged(where: Where | undefined): boolean {
  const display = where && conditionsOf(where).find((condition) => condition.attribute === 'abridged')
  return display?.kind === 'comparison' && display.value.text.toLowerCase() === 'true'
}
