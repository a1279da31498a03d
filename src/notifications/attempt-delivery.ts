import { attempt } from './attempt.ts'
import type { NotificationContext, Target } from './context.ts'
import type { Carried, WaitingDelivery } from './open-deliveries.ts'
import type { Subscriber } from './read-subscription.ts'
import type { Outcome } from './settle.ts'

/** Sends what a delivery carries to its receiver, once; what comes of it is still to be written down (`settle.ts`). */
export async function attemptDelivery(
  context: NotificationContext,
  { organizationId, accountId, userId, instanceId }: Subscriber,
  target: Target,
  delivery: WaitingDelivery,
  { body, depth }: Carried,
): Promise<{ outcome: Outcome; tookMs: number }> {
  const owner = { organizationId, accountId, userId, instanceId: instanceId ?? undefined }
  const { outcome, status, message, tookMs } = await attempt(context, target, owner, {
    ...{ id: delivery.notificationId, body, depth },
  })
  context.onAttempt({ outcome, ms: tookMs })
  const about = { delivery, at: context.now(), status, message }
  return outcome === 'delivered'
    ? { outcome: { ...about, kind: 'delivered', body }, tookMs }
    : { outcome: { ...about, kind: 'failed', isLast: outcome === 'looped' }, tookMs }
}
