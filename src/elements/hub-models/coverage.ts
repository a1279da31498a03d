import Type, { type Static } from 'typebox'
import type { Element } from '../../model/element.ts'
import { answers, OPERATIONS, type Operation, operationsOn, requiredOf, takes } from './canonical-operations.ts'
import type { CanonicalField, CanonicalSource, CanonicalSources, HubModel } from './hub-model.ts'

const operationFlags = Type.Object(
  Object.fromEntries(OPERATIONS.map((operation) => [operation, Type.Boolean()])) as Record<
    Operation,
    ReturnType<typeof Type.Boolean>
  >,
)
const FieldCoverage = Type.Object({
  vendorPath: Type.String({ description: 'Where the value is in the record of the vendor' }),
  read: Type.Boolean({ description: 'Answers carry it' }),
  create: Type.Boolean({ description: 'It may be given to a new record' }),
  update: Type.Boolean({ description: 'It may be changed' }),
  filter: Type.Boolean({ description: '`where` finds records by it' }),
})
const ObjectCoverage = Type.Object({
  resource: Type.String({ description: 'Resource of the element, below its hub' }),
  operations: operationFlags,
  createNeeds: Type.Array(Type.String(), {
    description: 'What the vendor wants of a new record and the model does not have: given as members of `raw`',
  }),
  fields: Type.Record(Type.String(), FieldCoverage, {
    description: 'By path of the model; what is not here is not mapped',
  }),
})
/** How far the elements of a hub go in its model. */
export const Coverage = Type.Object(
  {
    hub: Type.String(),
    objects: Type.Record(Type.String(), Type.Object({ fields: Type.Array(Type.String()) }), {
      description: 'Objects and fields of the model',
    }),
    elements: Type.Array(
      Type.Object({
        id: Type.Integer(),
        key: Type.String(),
        name: Type.String(),
        objects: Type.Record(Type.String(), ObjectCoverage),
      }),
    ),
  },
  { title: 'HubCoverage' },
)
export type Coverage = Static<typeof Coverage>

/** `GET /hubs/{key}/coverage`: element × object × operation × field, read off the elements themselves. */
export function coverageOf(
  model: HubModel,
  elements: readonly { element: Element; sources: CanonicalSources }[],
): Coverage {
  return {
    hub: model.hub,
    objects: Object.fromEntries(
      [...model.objects].map(([name, { fields }]) => [name, { fields: fields.map(({ path }) => path) }]),
    ),
    elements: elements.map(({ element, sources }) => ({
      id: element.id,
      key: element.key,
      name: element.name,
      objects: Object.fromEntries(
        [...sources].map(([name, source]) => [
          name,
          objectCoverage(element, model.objects.get(name)?.fields ?? [], source),
        ]),
      ),
    })),
  }
}

function objectCoverage(element: Element, fields: readonly CanonicalField[], source: CanonicalSource) {
  const resources = operationsOn(element, source.resource)
  const { list, read, create, update, replace } = resources
  const answering = [read, list].filter((resource) => resource !== undefined)
  const isFiltered = list?.parameters?.some(({ name }) => name === 'where') === true
  const mapped = fields.flatMap((field) => {
    const origin = source.fields.get(field.path)
    return origin
      ? [{ path: field.path, vendorPath: origin.vendorPath, isReadOnly: field.isReadOnly || origin.readOnly === true }]
      : []
  })
  return {
    resource: source.resource,
    operations: Object.fromEntries(
      OPERATIONS.map((operation) => [operation, resources[operation] !== undefined]),
    ) as Record<Operation, boolean>,
    createNeeds: [...new Set([...requiredOf(create), ...(create ? source.needs : [])])].filter(
      (path) => !mapped.some(({ vendorPath }) => vendorPath === path),
    ),
    fields: Object.fromEntries(
      mapped.map(({ path, vendorPath, isReadOnly }) => [
        path,
        {
          vendorPath,
          read: answering.some((resource) => answers(resource, vendorPath)),
          create: !isReadOnly && takes(create, vendorPath),
          update: !isReadOnly && takes(update ?? replace, vendorPath),
          filter: isFiltered && source.filters.has(path),
        },
      ]),
    ),
  }
}
