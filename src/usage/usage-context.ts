import Type, { type Static } from 'typebox'
import type { TimeRange } from '../model/buckets.ts'
import type { LogScope } from '../model/log-scope.ts'
import type { MetricSource } from '../model/metric.ts'
import type { Slots } from '../model/slots.ts'
import type { Store } from '../store/database.ts'
import type { MetricName } from './metrics.ts'
import type { UsageRecorder } from './record-usage.ts'

export const FormulaInstanceActivity = Type.Object({
  instanceId: Type.Integer(),
  name: Type.String(),
  formulaId: Type.Integer(),
  count: Type.Integer(),
})

/** What doors need of this room; `main.ts` puts it together once. */
export interface UsageContext {
  store: Store
  recorder: UsageRecorder
  /** for questions, see `in-turn.ts` */
  slots: Pick<Slots, 'run'>
  now(): Date
  metrics: Readonly<Record<MetricName, MetricSource>>
  formulas: FormulaActivity
}

/** Of the room that runs formulas (spec 41 §7.3). */
export interface FormulaActivity {
  /** instances that ran, the busiest first */
  byInstance(scope: LogScope, range: TimeRange): Promise<Static<typeof FormulaInstanceActivity>[]>
  countCreated(scope: LogScope, range: TimeRange): Promise<number>
}
