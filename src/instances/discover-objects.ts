import Type from 'typebox'
import { listedObjects } from '../elements/element-objects.ts'
import type { ResourceCall, ResourceReply } from '../model/exchange.ts'
import { isObject } from '../model/is-object.ts'
import type { Mappings } from '../resources/mappings.ts'
import { type Ask, askAllPages } from './ask-all-pages.ts'
import type { Instance } from './instance.ts'
import { mappingOwner } from './mapping-owner.ts'

export const DiscoveredObject = Type.Object(
  {
    name: Type.String(),
    vendorName: Type.String({ description: 'What the vendor calls it' }),
    type: Type.Enum(['ceCanonical', 'vdr', 'vendor'], {
      description:
        '`ceCanonical`: a resource of the element; `vdr`: a common resource; `vendor`: an object of the vendor',
    }),
  },
  { title: 'DiscoveredObject' },
)
export type DiscoveredObject = Type.Static<typeof DiscoveredObject>

/**
 * `GET /objects` (spec 23 §B1): the objects of the element, those that its own resource finds at the vendor, and the common
 * resources of the instance, each name once. A disabled instance asks no vendor.
 *
 * `Elements-Version: Helium` gets objects, everybody else names. Nothing is kept, so `fetchAll` makes no difference but to
 * the element's own resource.
 */
export async function discoverObjects(
  { mappings, ask }: { mappings: Mappings; ask: Ask },
  instance: Instance,
  call: ResourceCall,
): Promise<ResourceReply> {
  const found = new Map<string, DiscoveredObject>()
  const { element, resources } = instance.plan
  const own = resources.find('GET', '/objects')?.value.resource
  if (own?.path.endsWith('/objects') && !instance.disabled) {
    for (const name of namesIn(await askAllPages(ask, instance, call)))
      found.set(name, { name, vendorName: name, type: 'vendor' })
  }
  for (const { name, vendorName, type } of listedObjects(element)) {
    found.set(name, { name, vendorName: type === 'vendor' ? name : vendorName, type })
  }
  for (const { objectName: name, vendorName } of await mappings.all(mappingOwner(instance))) {
    found.set(name, { name, vendorName, type: 'vdr' })
  }
  const objects = [...found.values()].sort(byName)
  const isHelium = String(call.headers['elements-version']).toLowerCase() === 'helium'
  const body = isHelium ? objects : objects.map(({ name }) => name)
  return { status: 200, headers: { 'elements-returned-count': String(objects.length) }, body }
}

/** Names, or objects with one, as resources of elements answer them. */
function namesIn(rows: readonly unknown[]): string[] {
  return rows.flatMap((item) => {
    const name = isObject(item) ? (item['name'] ?? item['vendorName']) : item
    return typeof name === 'string' && name !== '' ? [name] : []
  })
}

function byName(a: DiscoveredObject, b: DiscoveredObject): number {
  return a.name < b.name ? -1 : Number(a.name > b.name)
}
