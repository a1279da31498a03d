import type { Transaction } from 'kysely'
import type { Authorize } from '../accounts/authorize.ts'
import type { ElementDirectory } from '../elements/directory.ts'
import type { Store } from '../store/database.ts'
import type { FormulaUsages } from './formula-usages.ts'
import type { AccountOwner } from './level-owner.ts'
import type { ResourceTables } from './resource-table.ts'

/** What the functions of this room work with; `main.ts` puts it together once. */
export interface ResourceContext {
  store: Pick<Store, 'db' | 'changes'>
  elements: ElementDirectory
  authorize: Authorize
  instances: InstanceLevels
  /** which formulas call a common resource */
  formulaUsages: FormulaUsages
}

/** Instances are a room above this one. */
export interface InstanceLevels {
  /** whosever it is; undefined: there is none */
  find(id: number): Promise<OwnedInstance | undefined>
  /** Keeps an instance from being deleted until the transaction ends. @returns false when it is deleted already */
  hold(trx: Transaction<ResourceTables>, id: number): Promise<boolean>
}

export interface OwnedInstance extends AccountOwner {
  id: number
  elementId: number
}
