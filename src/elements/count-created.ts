import { sql } from 'kysely'
import type { MetricSource } from '../model/metric.ts'
import { countInTime } from '../store/count-in-time.ts'
import type { ElementContext } from './element-context.ts'

/** How many elements were made of those that still exist. */
export function elementsCreated({ store }: Pick<ElementContext, 'store'>): MetricSource {
  const countable = { table: 'elements', timeColumn: 'created_at', where: sql<boolean>`extends_id is null` }
  return (question) => countInTime(store.db, countable, question)
}

/** How many hubs were made of those that still exist, by key. */
export function hubsCreated({ store }: Pick<ElementContext, 'store'>): MetricSource {
  const countable = { table: 'hubs', timeColumn: 'created_at', kind: sql<string>`key` }
  return (question) => countInTime(store.db, countable, question)
}
