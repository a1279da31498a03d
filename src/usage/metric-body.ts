import Type, { type Static } from 'typebox'
import { bucketsOf } from '../model/buckets.ts'
import { isoSeconds } from '../model/iso-seconds.ts'
import type { MetricCount, MetricQuestion } from '../model/metric.ts'

/** An account or an organization. */
export interface MetricOwner {
  id: number
  externalId: string | null
}

const Counted = Type.Object({
  timestamp: Type.String({ description: 'Beginning of the interval, UTC' }),
  count: Type.Integer(),
  details: Type.Optional(
    Type.Unsafe<Record<string, string | number>[]>(
      Type.Array(Type.Object({ count: Type.Integer() }, { additionalProperties: true }), {
        description:
          'The same by kind, where the metric has kinds: `{type, count}`, `{hub, count}`, `{elementKey, count}`, `{direction, records, count}`',
      }),
    ),
  ),
})

export const MetricBody = Type.Object(
  {
    id: Type.Integer({ description: 'Id of the account or organization' }),
    externalId: Type.Optional(Type.String()),
    interval: Type.String(),
    count: Type.Integer(),
    metrics: Type.Array(Counted),
  },
  { title: 'Metric' },
)

/** One entry of the answer: the numbers of one account or organization. */
export function toMetricBody(
  { id, externalId }: MetricOwner,
  counts: readonly MetricCount[],
  { range, interval }: Pick<MetricQuestion, 'range' | 'interval'>,
  { kindName, emptyIntervals }: { kindName: string | undefined; emptyIntervals: boolean },
): Static<typeof MetricBody> {
  const buckets = Map.groupBy(
    counts.filter(({ ownerId }) => ownerId === id),
    ({ bucket }) => bucket.getTime(),
  )
  const starts = emptyIntervals ? bucketsOf(range, interval) : [...buckets.keys()].map((time) => new Date(time))
  const metrics = starts.map((start) => {
    const found = buckets.get(start.getTime()) ?? []
    return {
      timestamp: isoSeconds(start),
      count: total(found),
      ...(kindName === undefined ? {} : { details: detailsOf(found, kindName) }),
    }
  })
  return { id, ...(externalId === null ? {} : { externalId }), interval, count: total(metrics), metrics }
}

/** A kind may come in several parts: elements of the same key in several accounts. */
function detailsOf(counts: readonly MetricCount[], kindName: string) {
  const kinds = Map.groupBy(counts, ({ kind }) => kind ?? 'unknown')
  return [...kinds].map(([kind, parts]) => ({ [kindName]: kind, ...recordsOf(parts), count: total(parts) }))
}

function recordsOf(parts: readonly MetricCount[]): { records?: number } {
  const known = parts.flatMap(({ records }) => records ?? [])
  return known.length > 0 ? { records: known.reduce((sum, one) => sum + one, 0) } : {}
}

export function total(counts: readonly { count: number }[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0)
}
