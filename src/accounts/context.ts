import type { Store } from '../store/database.ts'
import type { Authorize } from './authorize.ts'

/** What the functions of this room work with; `main.ts` puts it together once. */
export interface AccountsContext {
  store: Pick<Store, 'db' | 'changes' | 'cipher'>
  authorize: Authorize
  now(): Date
}
