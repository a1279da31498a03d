import { sql } from 'kysely'
import type { MetricQuestion, MetricSource } from '../model/metric.ts'
import { countInTime } from '../store/count-in-time.ts'
import type { InstanceContext } from './context.ts'

/** How many instances were made, by the key of their element; deleted ones count as well. */
export function instancesCreated({ store, elements }: Pick<InstanceContext, 'store' | 'elements'>): MetricSource {
  return async (question: MetricQuestion) => {
    const counts = await countInTime(
      store.db,
      {
        table: 'instances',
        timeColumn: 'created_at',
        userColumn: 'user_id',
        // a private element is found for accounts that may see it only
        kind: sql`account_id || ' ' || element_id`,
      },
      question,
    )
    const keys = new Map<string, string>()
    for (const { kind } of counts) {
      if (!kind || keys.has(kind)) continue
      const [accountId = 0, elementId = 0] = kind.split(' ').map(Number)
      const owner = { accountId, organizationId: question.scope.organizationId }
      keys.set(kind, (await elements.find(owner, elementId))?.element.key ?? String(elementId))
    }
    return counts.map(({ kind, ...count }) => ({ ...count, kind: keys.get(kind ?? '') ?? null }))
  }
}
