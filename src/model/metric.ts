import type { Interval, TimeRange } from './buckets.ts'
import type { LogScope } from './log-scope.ts'

/** "How many of something, when, and whose?" (spec 41 §8) */
export interface MetricQuestion {
  scope: LogScope
  range: TimeRange
  interval: Interval
  /** what the numbers are added up by */
  by: 'account' | 'organization'
}

/** How many in one bucket. */
export interface MetricCount {
  /** id of the account or organization */
  ownerId: number
  /** beginning of the bucket, UTC */
  bucket: Date
  /** of which kind, for metrics that tell kinds apart */
  kind?: string | null
  count: number
  /** of facts that are about many of them: all together */
  records?: number
}

/** Whoever owns the facts answers; nothing is left out that the scope reaches. */
export type MetricSource = (question: MetricQuestion) => Promise<MetricCount[]>
