import { pathBelowHub } from '../../engine/resource-types.ts'
import type { Element } from '../../model/element.ts'
import { type Checked, either, flag, isPlainObject, listOf, mapOf, refuseProblems, shape, text } from '../shape.ts'
import type { CanonicalSource, CanonicalSources, HubModel } from './hub-model.ts'

const vendorPath = text(/^\S.*$/, 'a path in the vendor’s record')
const source = shape(
  {
    fields: mapOf(
      either(
        isPlainObject,
        shape({ vendorPath }, { vendorType: text(), vendorPattern: text(), readOnly: flag }),
        vendorPath,
      ),
      /./,
      'a path of the model',
    ),
  },
  { resource: text(/^\//, 'a path that starts with /'), filters: listOf(text()), needs: listOf(vendorPath) },
)
const sourcesShape = mapOf(source)

/**
 * One `<key>/canonical.yaml`, held against the model of the hub and the resources of the element.
 * @throws ValenceError MANIFEST_INVALID, one line per problem
 */
export function readSources(
  element: Element,
  model: HubModel | undefined,
  value: unknown,
  source: string,
): CanonicalSources {
  refuseProblems(source, (report) => sourcesShape(value, '', report))
  const given = Object.entries(value as Checked<typeof sourcesShape>)
  const resources = new Set(element.resources.map(({ path }) => pathBelowHub(path)))
  refuseProblems(source, (report) => {
    if (!model) return report('', `a model of the hub "${element.hub}" in ${element.hub}.model.yaml`, undefined)
    for (const [name, { resource = `/${name}`, fields, filters = [] }] of given) {
      const object = model.objects.get(name)
      if (!object) {
        report(name, `one of the objects ${[...model.objects.keys()].join(', ')}`, name)
        continue
      }
      if (!resources.has(resource)) report(`${name}.resource`, 'a resource of the element', resource)
      const known = new Set(object.fields.map(({ path }) => path))
      for (const path of Object.keys(fields)) {
        if (!known.has(path)) report(`${name}.fields.${path}`, `one of the fields ${[...known].join(', ')}`, path)
      }
      for (const path of filters) {
        if (!Object.hasOwn(fields, path)) report(`${name}.filters`, 'names of fields that are mapped', path)
      }
    }
  })
  return new Map(given.map(([name, entry]) => [name, toSource(name, entry)]))
}

function toSource(name: string, given: Checked<typeof source>): CanonicalSource {
  return {
    resource: given.resource ?? `/${name}`,
    fields: new Map(
      Object.entries(given.fields).map(([path, entry]) => [
        path,
        typeof entry === 'string' ? { vendorPath: entry } : entry,
      ]),
    ),
    filters: new Set(given.filters),
    needs: given.needs ?? [],
  }
}
