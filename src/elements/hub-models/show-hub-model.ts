import Type, { type Static } from 'typebox'
import { ValenceError } from '../../errors.ts'
import type { Element } from '../../model/element.ts'
import type { Catalog } from '../catalog.ts'
import { type Coverage, coverageOf } from './coverage.ts'
import type { CanonicalSources, HubModel } from './hub-model.ts'

const Origin = Type.Object({ element: Type.String({ description: 'Key of the element' }), vendorPath: Type.String() })
export const CanonicalObjectView = Type.Object(
  {
    name: Type.String(),
    description: Type.String(),
    fields: Type.Array(
      Type.Object({
        path: Type.String(),
        type: Type.String({ description: '`string`, `number`, `boolean` or `date`' }),
        format: Type.Optional(Type.String()),
        description: Type.Optional(Type.String()),
        readOnly: Type.Boolean(),
        provenance: Type.Array(Origin, { description: 'Where the value comes from, element by element' }),
      }),
    ),
  },
  { title: 'CanonicalObject' },
)
type CanonicalObjectView = Static<typeof CanonicalObjectView>

/**
 * `GET /hubs/{key}/models`: objects of the model of a hub, each field with where it comes from.
 * @throws ValenceError HUB_MODEL_NOT_FOUND (404)
 */
export function showHubModel(catalog: Catalog, hub: string): CanonicalObjectView[] {
  const model = requireModel(catalog, hub)
  const mapped = mappedElements(catalog, hub)
  return [...model.objects.values()].map(({ name, description, fields }) => ({
    name,
    description,
    fields: fields.map((field) => ({
      path: field.path,
      type: field.type,
      ...(field.format === undefined ? {} : { format: field.format }),
      ...(field.description === undefined ? {} : { description: field.description }),
      readOnly: field.isReadOnly,
      provenance: mapped.flatMap(({ element, sources }) => {
        const origin = sources.get(name)?.fields.get(field.path)
        return origin ? [{ element: element.key, vendorPath: origin.vendorPath }] : []
      }),
    })),
  }))
}

/**
 * `GET /hubs/{key}/models/{object}`
 * @throws ValenceError HUB_MODEL_NOT_FOUND (404)
 */
export function showCanonicalObject(catalog: Catalog, hub: string, name: string): CanonicalObjectView {
  const found = showHubModel(catalog, hub).find((object) => object.name === name)
  if (!found) {
    const names = [...requireModel(catalog, hub).objects.keys()].join(', ')
    throw new ValenceError(
      'HUB_MODEL_NOT_FOUND',
      `The model of the hub "${hub}" has no object "${name}"; it has ${names}`,
    )
  }
  return found
}

const coverages = new WeakMap<Catalog, Map<string, Coverage>>()

/**
 * `GET /hubs/{key}/coverage`; what ships does not change, so it is worked out once.
 * @throws ValenceError HUB_MODEL_NOT_FOUND (404)
 */
export function showCoverage(catalog: Catalog, hub: string): Coverage {
  const model = requireModel(catalog, hub)
  const known = coverages.get(catalog) ?? new Map<string, Coverage>()
  coverages.set(catalog, known)
  const coverage = known.get(hub) ?? coverageOf(model, mappedElements(catalog, hub))
  known.set(hub, coverage)
  return coverage
}

function requireModel(catalog: Catalog, hub: string): HubModel {
  const model = catalog.models.get(hub)
  if (model) return model
  const hubs = [...catalog.models.keys()].join(', ')
  throw new ValenceError('HUB_MODEL_NOT_FOUND', `There is no model for the hub "${hub}"; there is one for ${hubs}`)
}

function mappedElements(catalog: Catalog, hub: string): { element: Element; sources: CanonicalSources }[] {
  return catalog.elements.flatMap((element) => {
    const sources = element.hub === hub ? catalog.sourcesOf(element) : undefined
    return sources ? [{ element, sources }] : []
  })
}
