import { urlOf } from '../http/stream-platform.ts'
import type { JobQueue } from '../jobs/jobs.ts'
import { runApiJob } from '../schedules/api/run-api-job.ts'
import { API_KIND, HUB_KIND, type RunKind, type ScheduleContext } from '../schedules/context.ts'
import { type HubWork, runHubWork } from '../schedules/hub-work.ts'
import { runSchedules } from '../schedules/run-schedule.ts'
import { FORMULA_KIND } from './formulas.ts'
import type { Parts } from './parts.ts'
import { POLLER_KIND, pollInstances } from './pollers.ts'

/** What is done again and again: calls of users, polls of instances, the hub's own work. */
export function composeSchedules(
  parts: Parts,
  works: readonly HubWork[],
  runFormula: RunKind,
): { context: ScheduleContext; queue: JobQueue } {
  const { config, store, jobs, now, logOf, finder, callAsOwner } = parts
  const kinds: Record<string, RunKind> = {
    [HUB_KIND]: runHubWork(works),
    [POLLER_KIND]: pollInstances(parts),
    [FORMULA_KIND]: runFormula,
  }
  const context: ScheduleContext = {
    ...{ store, jobs, now, kinds, log: logOf('schedules') },
    leastMinutes: config.scheduleMinutes,
    findInstance: (id) => finder.byId(id),
    assertApiPath: (path) => void urlOf({ path }),
    callPlatform: callAsOwner,
  }
  kinds[API_KIND] = runApiJob(context)
  return { context, queue: runSchedules(context) }
}
