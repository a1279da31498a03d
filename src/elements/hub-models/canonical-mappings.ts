import type { Element } from '../../model/element.ts'
import { compileMapping } from '../../transform/compile-mapping.ts'
import type { Mapping } from '../../transform/mapping.ts'
import { RAW, withRaw } from '../../transform/with-raw.ts'
import type { Catalog } from '../catalog.ts'
import { canonicalTransformation } from './canonical-transformation.ts'
import type { CanonicalObject } from './hub-model.ts'
import { leavesOf } from './leaves-of.ts'

/** Mappings of hub models, compiled once for each element. */
export interface CanonicalMappings {
  /**
   * @param isRaw replies have the vendor's record as well
   * @returns undefined for an object that the model of the element's hub lacks, and where the element does not say where it comes from
   */
  of(element: Element, objectName: string, isRaw: boolean): Mapping | undefined
}

interface Compiled {
  plain: Mapping
  raw: Mapping
}

export function createCanonicalMappings(catalog: Pick<Catalog, 'models' | 'sourcesOf'>): CanonicalMappings {
  const compiled = new WeakMap<Element, Map<string, Compiled>>()

  function of(element: Element, objectName: string, isRaw: boolean): Mapping | undefined {
    const known = compiled.get(element) ?? new Map<string, Compiled>()
    compiled.set(element, known)
    const found = known.get(objectName) ?? compile(element, objectName)
    if (!found) return undefined
    known.set(objectName, found)
    return isRaw ? found.raw : found.plain
  }

  function compile(element: Element, objectName: string): Compiled | undefined {
    const object = catalog.models.get(element.hub)?.objects.get(objectName)
    const source = object && catalog.sourcesOf(element)?.get(objectName)
    if (!object || !source) return undefined
    const transformation = canonicalTransformation(element, object, source)
    const mapping: Mapping = {
      ...compileMapping(transformation),
      model: 'canonical',
      ignoredIn: ignoredBy(object, transformation.fields),
      lacks: lackedBy(object, transformation.fields),
      isNoFilter: (name) => source.fields.has(name) && !source.filters.has(name),
    }
    return { plain: withRaw(mapping, { isAsked: false }), raw: withRaw(mapping, { isAsked: true }) }
  }

  return { of }
}

function lackedBy(object: CanonicalObject, mapped: readonly { path: string }[]): (name: string) => boolean {
  const lacked = new Set(object.fields.map(({ path }) => path))
  for (const { path } of mapped) lacked.delete(path)
  return (name) => lacked.has(name)
}

/** What nobody can write is no news: a record that was read may be sent back as it is. */
function ignoredBy(object: CanonicalObject, mapped: ReturnType<typeof canonicalTransformation>['fields']) {
  const isSent = ({ configuration = [] }: (typeof mapped)[number]) =>
    !configuration.some(({ type }) => type === 'remove')
  const silent = new Set([
    ...mapped.filter(isSent).map(({ path }) => path),
    ...object.fields.filter(({ isReadOnly }) => isReadOnly).map(({ path }) => path),
  ])
  return (record: unknown): string[] =>
    leavesOf(record).filter((path) => !silent.has(path) && path !== RAW && !path.startsWith(`${RAW}.`))
}
