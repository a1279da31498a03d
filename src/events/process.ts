import type { JobQueue } from '../jobs/jobs.ts'
import { bindLane } from './bind.ts'
import { PROCESS_QUEUE, targetOfLane } from './lanes.ts'
import type { ProcessContext } from './process-context.ts'
import { processLane } from './process-lane.ts'

/** How many lanes one process works at together: most of them wait for scripts or the database. */
const SLOTS = 16
/** Of one account, in all processes: its scripts are run four at a time anyway. */
const PER_ACCOUNT = 6

/**
 * What becomes of stored events. A key is a lane (`lanes.ts`): the events of one instance in the order of receipt, or those of an element whose
 * instances are to be found first. Read on in `process-lane.ts`, then `decide-in-order.ts`, `decide.ts` (what it means) and `settle.ts` (who is told).
 */
export function processQueue(context: ProcessContext): JobQueue {
  return {
    name: PROCESS_QUEUE,
    slots: SLOTS,
    perGroup: PER_ACCOUNT,
    async run(lane, signal) {
      const target = targetOfLane(lane)
      if (!target) return 'done'
      return 'instanceId' in target
        ? processLane(context, target.instanceId, signal)
        : bindLane(context, target.elementKey, signal)
    },
  }
}
