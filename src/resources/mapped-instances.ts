import Type, { type Static } from 'typebox'
import type { Store } from '../store/database.ts'
import { type AccountOwner, accountOwner, instanceOwner, levelsUpTo } from './level-owner.ts'
import { loadMapped, type MappedLevel } from './load-mapped.ts'
import { resourceDb } from './resource-table.ts'

/** What a list of instances shows of common resources (spec 20 §5). */
export const TransformationData = Type.Array(Type.Object({ objectName: Type.String(), vendorName: Type.String() }), {
  description: 'Common resources that are mapped for the instance',
})
export type TransformationData = Static<typeof TransformationData>

/**
 * Which common resources are mapped for each of some instances of an account, in one query; what their elements bring along is not among it.
 * @returns by id of the instance; instances without any are left out
 */
export async function mappedInstances(
  store: Pick<Store, 'db'>,
  owner: AccountOwner,
  instances: readonly { id: number; elementId: number }[],
): Promise<Map<number, TransformationData>> {
  if (instances.length === 0) return new Map()
  const own = instances.map(({ id }) => instanceOwner({ ...owner, id }))
  const elementIds = [...new Set(instances.map(({ elementId }) => elementId))]
  const filter = { levels: [...levelsUpTo(accountOwner(owner)), ...own], elementIds }
  const byElement = Map.groupBy(await loadMapped(resourceDb(store), owner, filter), ({ elementId }) => elementId)
  return new Map(
    instances.flatMap(({ id, elementId }) => {
      const data = dataOf(id, byElement.get(elementId) ?? [])
      return data.length > 0 ? [[id, data] as const] : []
    }),
  )
}

/** @param levels by name, the widest first: the narrowest that names a resource of the vendor counts */
function dataOf(instanceId: number, levels: readonly MappedLevel[]): TransformationData {
  const names = new Map<string, string>()
  for (const { objectName, level, associatedId, vendorName } of levels) {
    if (vendorName && (level !== 'instance' || associatedId === instanceId)) names.set(objectName, vendorName)
  }
  return [...names].map(([objectName, vendorName]) => ({ objectName, vendorName }))
}
