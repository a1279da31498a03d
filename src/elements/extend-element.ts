import type { Element, Resource } from '../model/element.ts'
import { completeParts, type ElementDocument } from './complete-element.ts'
import { type ElementView, toAbridged } from './element-views.ts'
import { deepFreeze } from './freeze.ts'
import { ELEMENT_PARTS } from './part-kinds.ts'

/** Where an element keeps its credentials to: who adds to a shipped element must not move them (design.md §5). */
const ADDRESS = /^(?:base\.url|oauth\..*url)$/

/** Types that the vendor's callers reach; of two with the same method and path the first answers. */
const CALLED = new Set(['api', 'apiNoDocumentation', 'formulaAsResource'])

/**
 * A shipped element with what one account added to it (spec 10 §2.6): own resources beside the shipped ones, and winning
 * over those with the same method and path; configuration rows by key.
 *
 * @param document `resources` and `configuration` of the account
 * @returns deeply frozen
 */
export function extendElement(shipped: Element, document: ElementDocument, accountId: number): Element {
  const { configuration, resources } = completeParts(ELEMENT_PARTS, document, { id: shipped.id, accountId }) as Pick<
    Element,
    'configuration' | 'resources'
  >
  const first = resources.filter(isCalled)
  const last = resources.filter((resource) => !isCalled(resource))
  return deepFreeze({
    ...shipped,
    extended: resources.length > 0,
    configuration: withRows(shipped.configuration, configuration),
    resources: [...first, ...shipped.resources, ...last],
  })
}

export function extendSummary(shipped: Element, summary: ElementDocument): ElementView {
  return { ...toAbridged(shipped), extended: summary['extended'] === true }
}

function withRows(shipped: Element['configuration'], own: Element['configuration']): Element['configuration'] {
  const changed = new Map(own.filter(({ key }) => !ADDRESS.test(key)).map((row) => [row.key, row]))
  const kept = shipped.map((row) => {
    const own = changed.get(row.key)
    changed.delete(row.key)
    return own ? { ...row, ...own, ...fixedBy(row) } : row
  })
  return [...kept, ...changed.values()]
}

/** What an account cannot change of a shipped row: its id, and that its values are secret. */
function fixedBy({ id, type }: Element['configuration'][number]) {
  return { ...(id === undefined ? {} : { id }), ...(type === 'PASSWORD' ? { type } : {}) }
}

function isCalled({ type }: Resource): boolean {
  return CALLED.has(type ?? 'api')
}
