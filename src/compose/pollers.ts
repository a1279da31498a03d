import type { PollerSchedules } from '../events/follow-instance.ts'
import type { PollContext } from '../events/poll/poll-context.ts'
import { runPoller } from '../events/poll/run-poller.ts'
import { createRequestIds } from '../http/request-id.ts'
import type { RunKind } from '../schedules/context.ts'
import { putSchedule, removeSchedules } from '../schedules/put-schedule.ts'
import type { Parts } from './parts.ts'

/** Of schedules; their reference is the id of an instance. */
export const POLLER_KIND = 'poller'

/** An instance is polled by the schedule that refers to it. */
export function pollerSchedules(now: () => Date): PollerSchedules {
  return {
    keep: (trx, publish, { name, ...poller }) =>
      putSchedule({ now }, trx, publish, {
        ...poller,
        kind: POLLER_KIND,
        reference: String(poller.instanceId),
        name: `Poller of instance ${poller.instanceId}`,
        description: `Asks ${poller.elementKey} what changed for ${name}`,
      }),
    remove: (trx, instanceIds) => removeSchedules(trx, { kind: POLLER_KIND, references: instanceIds.map(String) }),
  }
}

export function pollInstances({ store, jobs, now, logOf, finder, call, callerOf, recordCall }: Parts): RunKind {
  const context: PollContext = {
    ...{ store, jobs, now, call, callerOf, recordCall, log: logOf('events') },
    instanceOf: (id) => finder.byId(id),
    newRequestId: createRequestIds(),
  }
  return ({ reference }, signal) => runPoller(context, Number(reference), signal)
}
