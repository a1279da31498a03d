import type { Transaction } from 'kysely'
import type { Change, Publish } from '../store/changes.ts'
import type { Store } from '../store/database.ts'
import type { LevelOwner } from './level-owner.ts'
import type { ResourceTables } from './resource-table.ts'

/** Topic of `store/changes.ts`; the key is the organization whose calls may be mapped otherwise now, 0 for all. */
export const COMMON_RESOURCE_TOPIC = 'common-resource'

export function resourceChange({ organizationId }: Pick<LevelOwner, 'organizationId'>): Change {
  return { topic: COMMON_RESOURCE_TOPIC, key: String(organizationId ?? 0) }
}

/** Whether a change of this key concerns the organization. */
export function isResourceChangeOf(key: string, organizationId: number): boolean {
  return key === '0' || key === String(organizationId)
}

/** A transaction in which levels are written. */
export interface ResourceChange {
  trx: Transaction<ResourceTables>
  /** Mappings of the owner's organization are read anew, in every process. */
  touch(owner: Pick<LevelOwner, 'organizationId'>): void
}

export function changeResources<T>(
  store: Pick<Store, 'changes'>,
  work: (change: ResourceChange) => Promise<T>,
): Promise<T> {
  return store.changes.transaction((trx, publish) => work(resourceChangeIn(trx, publish)))
}

function resourceChangeIn<DB>(trx: Transaction<DB>, publish: Publish): ResourceChange {
  return {
    trx: trx as unknown as Transaction<ResourceTables>,
    touch: (owner) => publish(resourceChange(owner)),
  }
}
