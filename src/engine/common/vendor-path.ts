import type { Mapping } from '../../transform/mapping.ts'
import type { Plan } from '../plan.ts'
import { pathBelowHub } from '../resource-types.ts'

/**
 * A path with names of common resources as a path of the element. Names stand at every second place: `/{parent}/{parentId}/{name}/{id}`;
 * what is no common resource, and every id, stays as it is (spec 20 §11).
 *
 * A `vendorName` is a resource of the element at that place, or one camel-cased name for a nested resource (`listsContacts` for
 * `/lists/{id}/contacts`), or a native object of the vendor, which the element's `/{objectName}` reaches; in this order.
 *
 * @param segments of the caller's path, percent-encoded
 * @param mappings by place: what the segment is, where it is a common resource
 */
export function vendorPath(
  plan: Plan,
  segments: readonly string[],
  mappings: ReadonlyMap<number, Pick<Mapping, 'vendorName'>>,
): string {
  const shapes = shapesOf(plan)
  let path: string[] = []
  for (const [at, segment] of segments.entries()) {
    const mapping = mappings.get(at)
    if (!mapping) path.push(segment)
    else path = [...placed(mapping.vendorName, path, shapes, (place) => mappings.has(place))]
  }
  return `/${path.join('/')}`
}

/** Resources of an element by their literal names. */
interface Shapes {
  /** `lists/contacts` for `/lists/{id}/contacts`, and `lists` */
  known: ReadonlySet<string>
  /** `listscontacts` → `lists`, `contacts` */
  nested: ReadonlyMap<string, readonly string[]>
}

/** @param isCommon whether a segment before it was a common resource, whose own vendorName then does not matter */
function placed(
  vendorName: string,
  before: readonly string[],
  { known, nested }: Shapes,
  isCommon: (place: number) => boolean,
): string[] {
  const written = pathBelowHub(vendorName.startsWith('/') ? vendorName : `/${vendorName}`)
    .split('/')
    .filter(Boolean)
  const literals = written.filter((segment) => !segment.startsWith('{'))
  const names = literals.length < written.length ? literals : undefined
  const above = before.filter((_segment, at) => at % 2 === 0)
  const here = [...above, ...literals].join('/')
  const asNested = names ?? (known.has(here) ? undefined : nested.get(foldedName([vendorName])))
  const fits = (name: string, at: number) => name === above[at] || isCommon(2 * at)
  if (asNested && asNested.length === above.length + 1 && asNested.slice(0, -1).every(fits)) {
    return asNested.flatMap((name, at) => (2 * at + 1 < before.length ? [name, before[2 * at + 1] ?? ''] : [name]))
  }
  return [...before, ...literals.map(encodeURIComponent)]
}

const shapes = new WeakMap<Plan, Shapes>()

/** Looked through when a common resource of the element is called for the first time. */
function shapesOf(plan: Plan): Shapes {
  const present = shapes.get(plan)
  if (present) return present
  const known = new Set<string>()
  const nested = new Map<string, readonly string[]>()
  for (const { path } of plan.element.resources) {
    const segments = pathBelowHub(path).split('/').filter(Boolean)
    const names = segments.filter((segment) => !segment.startsWith('{'))
    if (!segments.every((segment, at) => segment.startsWith('{') === (at % 2 === 1))) continue
    for (let end = 1; end <= names.length; end++) known.add(names.slice(0, end).join('/'))
    if (names.length > 1 && !nested.has(foldedName(names))) nested.set(foldedName(names), names)
  }
  const found = { known, nested }
  shapes.set(plan, found)
  return found
}

/** `lists`, `contacts` and `listsContacts` alike. */
function foldedName(names: readonly string[]): string {
  return names
    .join('')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
}
