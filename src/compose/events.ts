import { createAccept } from '../events/accept.ts'
import { verifyFor } from '../events/admit.ts'
import { createEventInstances } from '../events/event-instances.ts'
import { processQueue } from '../events/process.ts'
import type { OnEvents, ProcessContext } from '../events/process-context.ts'
import { createReceiver } from '../events/receive.ts'
import { createPublishedKeys } from '../events/verify/jwks.ts'
import type { Intake } from '../http/routes/events.ts'
import type { JobQueue } from '../jobs/jobs.ts'
import type { NotificationContext } from '../notifications/context.ts'
import type { Parts } from './parts.ts'

/** The door of events, and what becomes of them. */
export function composeEvents(
  { config, store, jobs, metrics, now, logOf, instances, finder, publicUrl }: Parts,
  notifications: NotificationContext,
  onEvents: OnEvents,
): { intake: Intake; queue: JobQueue } {
  const log = logOf('events')
  const { elements, send } = instances
  const publishedKeys = createPublishedKeys({ send, now })
  const receiver = createReceiver({ store, jobs, now }, { onCommitted: metrics.committed })
  metrics.watchIntake(receiver.stats)
  const ports = { store, elements, now, log, publishedKeys, finder, receiver }
  const processing: ProcessContext = {
    ...{ ...instances, instances, jobs, notifications, log },
    known: createEventInstances({ store }, finder),
    onEvents,
    verifyLate: (instance, event, unverified) => verifyFor({ store, publishedKeys }, instance, event, unverified),
  }
  return {
    intake: {
      accept: createAccept({ ...ports, onArrived: metrics.arrived }),
      verifyToken: config.webhookVerifyToken,
      publicUrl,
    },
    queue: processQueue(processing),
  }
}
