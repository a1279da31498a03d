import { createCache } from '../../store/cache.ts'
import type { FormulaContext } from '../context.ts'
import { FORMULA_TRIGGER_TOPIC, type FormulaTriggerTable, formulaDb } from '../formula-table.ts'

/** A trigger of an instance that listens to an element instance. */
export type Listener = Pick<FormulaTriggerTable, 'formula_instance_id' | 'number' | 'type' | 'method' | 'path'>

/** Who listens to an element instance, in memory: what nobody listens to costs no query. */
export interface Listeners {
  /** at once where it is known */
  of(elementInstanceId: number): Listener[] | Promise<Listener[]>
}

interface Known {
  elementInstanceId: number
  listeners: Listener[]
}

const CACHE_SIZE = 20_000

export function createListeners({ store }: Pick<FormulaContext, 'store'>): Listeners {
  const cache = createCache<Known>({
    changes: store.changes,
    topics: [FORMULA_TRIGGER_TOPIC],
    max: CACHE_SIZE,
    affects: ({ elementInstanceId }, _topic, key) => key === String(elementInstanceId),
  })
  const load = async (elementInstanceId: number): Promise<Known> => {
    const listeners = await formulaDb(store)
      .selectFrom('formula_triggers')
      .select(['formula_instance_id', 'number', 'type', 'method', 'path'])
      .where('element_instance_id', '=', elementInstanceId)
      .execute()
    return { elementInstanceId, listeners }
  }
  return {
    of(id) {
      const known = cache.get(String(id), () => load(id))
      return known instanceof Promise ? known.then(listenersOf) : listenersOf(known)
    },
  }
}

function listenersOf(known: Known | undefined): Listener[] {
  return known?.listeners ?? []
}
