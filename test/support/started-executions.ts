import { vi } from 'vitest'
import type { ExecutionRow } from '../../src/formulas/executions/execution-table.ts'
import { openStart } from '../../src/formulas/executions/sealed-values.ts'
import { formulaDb } from '../../src/formulas/formula-table.ts'
import type { TestHub } from './hub.ts'

/** An execution as it was started, whether or not it has run since. */
export interface Started
  extends Pick<ExecutionRow, 'id' | 'trigger_type' | 'event_id' | 'object_id' | 'chain' | 'depth'> {
  // biome-ignore lint/suspicious/noExplicitAny: tests read members of any depth
  trigger: any
}

/** Executions of an instance, oldest first. */
export async function startedOf({ hub: { store } }: TestHub, formulaInstanceId: number): Promise<Started[]> {
  const rows = await formulaDb(store)
    .selectFrom('formula_executions')
    .select(['id', 'trigger_type', 'event_id', 'object_id', 'chain', 'depth', 'start'])
    .where('formula_instance_id', '=', formulaInstanceId)
    .orderBy('id')
    .execute()
  return rows.map(({ start, ...row }) => ({ ...row, trigger: openStart(store.cipher, { id: row.id, start }).trigger }))
}

/** Waits until an instance has so many. */
export function awaitStarted(hub: TestHub, formulaInstanceId: number, count: number): Promise<Started[]> {
  return vi.waitFor(
    async () => {
      const started = await startedOf(hub, formulaInstanceId)
      if (started.length !== count)
        throw new Error(`${started.length} executions of ${formulaInstanceId}, not ${count}`)
      return started
    },
    { timeout: 10_000, interval: 20 },
  )
}
