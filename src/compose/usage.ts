import { join } from 'node:path'
import { jobsStarted } from '../bulk/count-jobs.ts'
import type { Config } from '../config.ts'
import { elementsCreated, hubsCreated } from '../elements/count-created.ts'
import { eventsReceived } from '../events/analyze-events.ts'
import { executionsStarted } from '../formulas/analytics/formula-metrics.ts'
import { formulasCreated } from '../formulas/templates/count-created.ts'
import type { Metrics } from '../http/metrics.ts'
import type { InstanceContext } from '../instances/context.ts'
import { instancesCreated } from '../instances/count-created.ts'
import { commonResourcesCreated } from '../resources/count-created.ts'
import type { Store } from '../store/database.ts'
import type { Log } from '../store/tables.ts'
import { usageMetrics } from '../usage/metrics.ts'
import type { UsageContext } from '../usage/usage-context.ts'
import { NO_USAGE_LOG, openUsageLog } from '../usage/usage-log.ts'

/** The usage log, unless there is none. */
export async function openUsage({ usageDays, dataDir }: Config, store: Store, metrics: Metrics, log: Log) {
  if (usageDays === 0) return NO_USAGE_LOG
  return openUsageLog({ store, folder: join(dataDir, 'usage'), onOutcome: metrics.recorded, log })
}

/** Who answers `/metrics/…`: whoever owns the facts. */
export function metricSources(context: InstanceContext): UsageContext['metrics'] {
  return {
    ...usageMetrics(context.store),
    'element-instances-created': instancesCreated(context),
    'elements-created': elementsCreated(context),
    'hubs-created': hubsCreated(context),
    'bulk-jobs': jobsStarted(context),
    events: eventsReceived(context),
    'formula-executions': executionsStarted(context),
    'formulas-created': formulasCreated(context),
    'vdrs-created': commonResourcesCreated(context),
  }
}
