import type { Owner } from '../model/owner.ts'
import type { NotificationContext, Target } from './context.ts'
import { MAX_DEPTH } from './delivery-headers.ts'
import { type Message, postMessage } from './post-message.ts'

export type Attempt = {
  /** `looped`: it would come round for ever; nothing was sent, and nothing is gained by trying again */
  outcome: 'delivered' | 'failed' | 'looped'
  /** of the answer */
  status: number | null
  /** for people */
  message: string
  tookMs: number
}

/**
 * Sends a notification to one receiver, once, unless that would never end.
 *
 * @returns also what went wrong: only what the hub itself cannot do is thrown
 */
export async function attempt(
  context: Pick<NotificationContext, 'send' | 'callPlatform' | 'ownPath' | 'now'>,
  target: Target,
  owner: Owner & { instanceId: number | undefined },
  message: Message,
): Promise<Attempt> {
  const path = context.ownPath(target.url)
  if (path !== undefined && tellsAgain(path)) {
    const why = 'not sent: what this hub is told there it tells again, which would never end'
    return { outcome: 'delivered', status: null, message: why, tookMs: 0 }
  }
  if (message.depth >= MAX_DEPTH) {
    const why = `it came round ${MAX_DEPTH} times and is not sent any further`
    return { outcome: 'looped', status: null, message: why, tookMs: 0 }
  }
  const startedAt = context.now()
  const posted = await postMessage(context, target, owner, message)
  return { ...posted, tookMs: context.now().getTime() - startedAt.getTime() }
}

/**
 * Events that go where events come in would be told of for ever (spec 40 §9.6), however the path is spelt; and so would notifications that are posted
 * as notifications: they keep their topic, and this subscription hears of it. With several such subscriptions they would multiply.
 */
function tellsAgain(path: string): boolean {
  const [first, second] = new URL(path, 'http://hub').pathname
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => decoded(segment).toLowerCase())
  return (
    first === 'events' ||
    (first === 'instances' && second === 'events') ||
    (first === 'notifications' && second === undefined)
  )
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
