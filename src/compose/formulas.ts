import { noteEvents } from '../events/note-events.ts'
import { executionsByInstance } from '../formulas/analytics/formula-metrics.ts'
import type { FormulaClock, FormulaContext } from '../formulas/context.ts'
import { countOpenExecutions } from '../formulas/executions/count-open.ts'
import { executionQueues } from '../formulas/executions/run-execution.ts'
import { failureQueue } from '../formulas/executions/tell-failure.ts'
import { countCreated } from '../formulas/instances/count-created.ts'
import { ownPath } from '../http/own-path.ts'
import type { JobQueue } from '../jobs/jobs.ts'
import type { NotificationContext } from '../notifications/context.ts'
import { checkCron } from '../schedules/check-cron.ts'
import { putSchedule, removeSchedules } from '../schedules/put-schedule.ts'
import { inTurn } from '../usage/in-turn.ts'
import type { FormulaActivity, UsageContext } from '../usage/usage-context.ts'
import type { Parts } from './parts.ts'

/** Of schedules; their reference is the id of an instance of a formula. */
export const FORMULA_KIND = 'formula'

const LIMITS: Omit<FormulaContext['limits'], 'steps' | 'scriptMs' | 'days'> = {
  triggerBytes: 5 * 1024 * 1024,
  valueBytes: 4 * 1024 * 1024,
  contextBytes: 64 * 1024 * 1024,
  answerMs: 30_000,
  streamBytes: 6 * 1024 ** 3,
  streamMs: 3_600_000,
  openExecutions: 10_000,
}

/** Workflows: what people write, and what runs of it. */
export function composeFormulas(
  parts: Parts,
  notifications: NotificationContext,
): { context: FormulaContext; queues: JobQueue[] } {
  const { config, store, jobs, authorize, now, logOf, instances, finder, callerOf, isPlatformPath } = parts
  const { send, isBeforeSend } = instances
  const context: FormulaContext = {
    ...{
      store,
      jobs,
      authorize,
      now,
      log: logOf('formulas'),
      limits: {
        ...LIMITS,
        steps: config.formulaSteps,
        scriptMs: config.formulaScriptSeconds * 1000,
        days: config.formulaDays,
      },
      notifications,
      callerOf,
      send,
      isBeforeSend,
    },
    findInstance: (id) => finder.byId(id),
    async elementsNamed(viewer, text) {
      const names = await instances.elements.names(viewer)
      return names.filter(({ key }) => key.toLowerCase().includes(text)).map(({ id }) => id)
    },
    runStepScript: parts.runStepScript,
    callPlatform: parts.callAsOwner,
    isPlatformPath,
    streamPlatform: parts.streamAsOwner,
    callOwn: parts.callOwn,
    ownPath: (address) => ownPath(address, parts.publicUrl()),
    publishMessage: parts.publish,
    clock: formulaClock(parts),
    noteEvents: (trx, notes) => noteEvents({ now }, trx, notes),
    onTurn: parts.metrics.formulaTurn,
  }
  parts.metrics.watchFormulas(() => countOpenExecutions(context))
  return { context, queues: [...executionQueues(context), failureQueue(context)] }
}

/** Of `/usage`. */
export function formulaActivity(context: Pick<UsageContext, 'store' | 'slots'>): FormulaActivity {
  return {
    byInstance: (scope, range) => inTurn(context, scope, () => executionsByInstance(context, scope, range)),
    countCreated: (scope, range) => inTurn(context, scope, () => countCreated(context, scope, range)),
  }
}

/** Schedules of instances, which go with whoever owns them. */
export function formulaClock({ now, config }: Pick<Parts, 'now' | 'config'>): FormulaClock {
  return {
    async put(trx, publish, { formulaInstanceId, ...schedule }) {
      await putSchedule({ now }, trx, publish, {
        ...schedule,
        kind: FORMULA_KIND,
        reference: String(formulaInstanceId),
      })
    },
    remove: (trx, ids) => removeSchedules(trx, { kind: FORMULA_KIND, references: ids.map(String) }),
    check: (cron) => void checkCron(cron, 'UTC', { now: now(), leastMinutes: config.scheduleMinutes }),
  }
}
