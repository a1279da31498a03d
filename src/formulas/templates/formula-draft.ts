import type { FormulaParts } from '../../model/formula.ts'
import type { FormulaRow } from '../formula-table.ts'
import { debugLogging } from './debug-logging.ts'
import type { GivenFormula } from './read-formula.ts'

/** What people write of a formula, and with it what the hub keeps for them. */
export type FormulaDraft = Pick<
  FormulaRow,
  | 'name'
  | 'description'
  | 'engine'
  | 'active'
  | 'single_threaded'
  | 'debug_logging_enabled'
  | 'debug_logging_expires'
  | 'method'
  | 'uri'
  | 'parts'
  | 'before_upgrade'
>

export const NO_PARTS: FormulaParts = { configuration: [], triggers: [], steps: [] }

/** One of which nothing is said but its name. */
export function newDraft(name: string): FormulaDraft {
  return {
    ...{ name, description: null, engine: null, active: true, single_threaded: false, method: null, uri: null },
    ...{ debug_logging_enabled: true, debug_logging_expires: null, parts: NO_PARTS, before_upgrade: null },
  }
}

/** The same with what a body says; what that does not name stays. */
export function withGiven(draft: FormulaDraft, given: GivenFormula, now: Date): FormulaDraft {
  const engine = either(given.engine, draft.engine)
  return {
    ...draft,
    engine,
    name: given.name ?? draft.name,
    description: either(given.description, draft.description),
    active: given.active ?? draft.active,
    single_threaded: given.singleThreaded ?? draft.single_threaded,
    method: either(given.method, draft.method),
    uri: either(given.uri, draft.uri),
    ...debugLogging({ ...draft, engine }, given.debugLoggingEnabled, now),
  }
}

function either<T>(given: T | undefined, present: T): T {
  return given === undefined ? present : given
}
