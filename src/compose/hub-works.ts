import { AUDIT_PARTITIONS } from '../audit/audit-table.ts'
import { type SweepContext, sweepFiles } from '../bulk/files/sweep.ts'
import type { Config } from '../config.ts'
import { eventPartitions } from '../events/event-table.ts'
import { forgetEventKeys } from '../events/forget-event-keys.ts'
import type { FormulaContext } from '../formulas/context.ts'
import { executionPartitions } from '../formulas/executions/execution-table.ts'
import { sweepExecutions } from '../formulas/executions/sweep.ts'
import { sweepExpired } from '../formulas/instances/sweep-expired.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { mailPartitions } from '../notifications/mail-table.ts'
import { notificationPartitions } from '../notifications/notification-table.ts'
import { wakeOverdueRetries } from '../notifications/wake-overdue-retries.ts'
import type { HubWork } from '../schedules/hub-work.ts'
import { RUN_PARTITIONS } from '../schedules/schedule-table.ts'
import type { Store } from '../store/database.ts'
import type { Log } from '../store/tables.ts'
import { createPartitionKeeper } from '../store/time-partitions.ts'
import { usagePartitions } from '../usage/usage-table.ts'

/**
 * What the hub does for itself from time to time.
 * @param sweep revokes what deleted instances left at their vendors; absent when a timer of its own does it
 * @returns `keepPartitions` for the start as well: the first rows need their partitions
 */
export function hubWorks(
  { usageDays, eventDays, formulaDays }: Config,
  {
    store,
    jobs,
    now,
    log,
    sweep,
    bulk,
    formulas,
  }: {
    store: Store
    jobs: Jobs
    now(): Date
    log: Log
    sweep: (() => Promise<void>) | undefined
    bulk: SweepContext
    formulas: FormulaContext
  },
): { keepPartitions(): Promise<void>; works: HubWork[] } {
  const keepPartitions = createPartitionKeeper(store, {
    tables: [
      AUDIT_PARTITIONS,
      RUN_PARTITIONS,
      usagePartitions(usageDays),
      ...eventPartitions(eventDays),
      ...notificationPartitions(eventDays),
      mailPartitions(eventDays),
      // a day more, because they run until then
      ...executionPartitions(formulaDays + 1),
    ],
    now,
    log,
  })
  return {
    keepPartitions,
    works: [
      { reference: 'partitions', everyMinutes: 60, run: keepPartitions },
      { reference: 'event-keys', everyMinutes: 60, run: () => forgetEventKeys(store, eventDays, now()) },
      { reference: 'retries', everyMinutes: 60, run: () => wakeOverdueRetries({ store, jobs, now }) },
      { reference: 'formula-executions', everyMinutes: 60, run: () => sweepExecutions(formulas) },
      { reference: 'bulk-files', everyMinutes: 60, run: () => sweepFiles(bulk) },
      { reference: 'formula-instances', everyMinutes: 60, run: () => sweepExpired(formulas) },
      ...(sweep ? [{ reference: 'revocations', everyMinutes: 1, run: sweep }] : []),
    ],
  }
}
