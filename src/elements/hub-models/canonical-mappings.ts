import type { Element } from '../../model/element.ts'
import { compileMapping } from '../../transform/compile-mapping.ts'
import type { Mapping } from '../../transform/mapping.ts'
import type { Catalog } from '../catalog.ts'
import { canonicalTransformation } from './canonical-transformation.ts'

/** Mappings of hub models, compiled once for each element. */
export interface CanonicalMappings {
  /** @returns undefined for an object that the model of the element's hub lacks, and where the element does not say where it comes from */
  of(element: Element, objectName: string): Mapping | undefined
}

export function createCanonicalMappings(catalog: Pick<Catalog, 'models' | 'sourcesOf'>): CanonicalMappings {
  const compiled = new WeakMap<Element, Map<string, Mapping>>()

  function of(element: Element, objectName: string): Mapping | undefined {
    const object = catalog.models.get(element.hub)?.objects.get(objectName)
    const source = object && catalog.sourcesOf(element)?.get(objectName)
    if (!object || !source) return undefined
    const known = compiled.get(element) ?? new Map<string, Mapping>()
    compiled.set(element, known)
    const mapping = known.get(objectName) ?? compileMapping(canonicalTransformation(element, object, source))
    known.set(objectName, mapping)
    return mapping
  }

  return { of }
}
