import { changeResources } from '../../src/resources/change-resources.ts'
import { holdResource } from '../../src/resources/hold-resource.ts'
import { instanceOwner, organizationOwner } from '../../src/resources/level-owner.ts'
import { readLevelInput } from '../../src/resources/read-transformation.ts'
import { findLevel, holdTransformation, saveLevel } from '../../src/resources/write-transformation.ts'
import type { TestHub } from './hub.ts'

/** A transformation as an export has it, and what it is of. */
export interface GivenTransformation {
  objectName: string
  elementKey: string
  vendorName?: string
  fields?: unknown[]
  configuration?: unknown[]
  script?: unknown
  isLegacy?: boolean
}

/** Stores one level of a transformation: of the administrator's organization, or of one of its instances. */
export async function mapCommonResource(
  { hub }: TestHub,
  { objectName, elementKey, ...given }: GivenTransformation,
  instanceId?: number,
): Promise<void> {
  const { seeded, store } = hub
  if (!seeded.created) throw new Error('the hub has an administrator of its own')
  const owner = instanceId === undefined ? organizationOwner(seeded) : instanceOwner({ ...seeded, id: instanceId })
  const element = await store.db
    .withTables<{ elements: { id: number; key: string } }>()
    .selectFrom('elements')
    .select(['id', 'key'])
    .where('key', '=', elementKey)
    .executeTakeFirst()
  await changeResources(store, async ({ trx, touch }) => {
    const { id } = await holdResource(trx, owner, objectName, seeded)
    const transformation = await holdTransformation(
      trx,
      id,
      element ?? ELEMENTS[elementKey] ?? { id: 0, key: elementKey },
    )
    await saveLevel(trx, transformation, owner, readLevelInput(given), await findLevel(trx, transformation, owner))
    touch(owner)
  })
}

/** Elements of the catalog that have no row. */
const ELEMENTS: Record<string, { id: number; key: string }> = {
  closeio: { id: 166, key: 'closeio' },
  hubspotcrm: { id: 168, key: 'hubspotcrm' },
  pipedrive: { id: 167, key: 'pipedrive' },
  base: { id: 201, key: 'base' },
  sfdc: { id: 23, key: 'sfdc' },
}
