import { ValenceError } from '../errors.ts'
import type { JobOutcome, JobQueue } from '../jobs/jobs.ts'
import type { ScheduleContext } from './context.ts'
import { beginRun, endRun, interruptRun, type Run } from './run-record.ts'

/** Key: the id of a schedule. */
export const RUN_QUEUE = 'schedules.run'

type RunContext = Pick<ScheduleContext, 'store' | 'now' | 'log' | 'kinds'>

/**
 * Does what is due of one schedule. One run of a schedule at a time, over all processes; each occurrence once, but for a process that is killed:
 * whether its run was over nobody knows then, so it is begun again, three times at most.
 */
export function runSchedules(context: RunContext): JobQueue {
  // most of them wait for vendors
  return { name: RUN_QUEUE, slots: 64, perGroup: 8, run: (key, signal) => runSchedule(context, Number(key), signal) }
}

async function runSchedule(context: RunContext, id: number, signal: AbortSignal): Promise<JobOutcome> {
  const run = await beginRun(context, id)
  if (!run) return 'done'
  let failure: unknown
  let message: string | undefined
  try {
    message = (await kindOf(context, run)(run.schedule, signal)).message
  } catch (error) {
    failure = error
  }
  if (failure !== undefined && signal.aborted) {
    await interruptRun(context, run)
    return 'more'
  }
  const isMore = await endRun(context, run, {
    state: failure === undefined ? 'COMPLETED' : 'ERROR',
    message: failure === undefined ? message : reasonOf(context, run, failure),
  })
  return isMore ? 'more' : 'done'
}

function kindOf({ kinds }: RunContext, { kind }: Run) {
  const work = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (!work) throw new ValenceError('INTERNAL', `nothing here runs schedules of the kind "${kind}"`)
  return work
}

/** What the owner may read; what is a bug of ours, the log tells. */
function reasonOf({ log }: RunContext, { kind, schedule }: Run, error: unknown): string {
  if (error instanceof ValenceError && error.code !== 'INTERNAL') return error.message
  log.error({ err: error, schedule: schedule.id, kind }, 'a scheduled run failed unexpectedly')
  return `Internal error; the log has the details under schedule ${schedule.id}`
}
