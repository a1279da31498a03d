import type { VendorReply } from '../model/exchange.ts'
import type { Owner } from '../model/owner.ts'
import { storableText } from '../model/storable-text.ts'
import type { NotificationContext, Target } from './context.ts'
import { deliveryHeaders, MAX_DEPTH } from './delivery-headers.ts'

/** What is sent, as it is stored. */
export interface Message {
  id: number
  body: string
  depth: number
}

export type Attempt = {
  /** `looped`: it would come round for ever; nothing was sent, and nothing is gained by trying again */
  outcome: 'delivered' | 'failed' | 'looped'
  /** of the answer */
  status: number | null
  /** for people */
  message: string
  tookMs: number
}

/** Of a receiver, until its answer begins (spec 40 §9.3). */
const TIMEOUT_MS = 30_000
/** What a receiver says beside its status is read so far; nobody waits for the rest. */
const MAX_ANSWER_BYTES = 64 * 1024
const ANSWER_PATIENCE_MS = 1_000
const EXCERPT_CHARS = 200

/**
 * Sends a notification to one receiver, once. 2xx is success; redirects are not followed (spec 40 §9.3).
 *
 * @returns also what went wrong: only what the hub itself cannot do is thrown
 */
export async function attempt(
  context: Pick<NotificationContext, 'send' | 'callPlatform' | 'ownPath' | 'now'>,
  target: Target,
  owner: Owner & { instanceId: number | undefined },
  message: Message,
): Promise<Attempt> {
  const startedAt = context.now()
  const ended = (outcome: Attempt['outcome'], status: number | null, text: string): Attempt => ({
    ...{ outcome, status, message: text },
    tookMs: context.now().getTime() - startedAt.getTime(),
  })
  const path = context.ownPath(target.url)
  if (path !== undefined && tellsAgain(path)) {
    return ended('delivered', null, 'not sent: what this hub is told there it tells again, which would never end')
  }
  if (message.depth >= MAX_DEPTH) {
    return ended('looped', null, `it came round ${MAX_DEPTH} times and is not sent any further`)
  }
  const headers = deliveryHeaders(target, message, startedAt)
  const patience = new AbortController()
  try {
    if (path !== undefined) {
      const { instanceId, ...caller } = owner
      const reply = await context.callPlatform(caller, instanceId, {
        method: 'POST',
        path,
        headers,
        body: message.body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      return judged(reply.status, `this hub at ${path.replace(/\?.*$/s, '')}`, reply.body)
    }
    const reply = await context.send({
      ...{ method: 'POST', url: target.url, headers, body: Buffer.from(message.body), timeoutMs: TIMEOUT_MS },
      ...{ credentialHeaders: ['authorization'], signal: patience.signal },
    })
    const said = whatIsSaid(reply, patience)
    return judged(reply.status, URL.parse(target.url)?.host ?? '', isSuccess(reply.status) ? '' : await said)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'UNAVAILABLE') throw error
    return ended('failed', null, shortened(error instanceof Error ? error.message : String(error)))
  }

  function judged(status: number, who: string, said: string): Attempt {
    if (isSuccess(status)) return ended('delivered', status, '')
    const excerpt = shortened(said)
    return ended('failed', status, `${who} answered ${status}${excerpt === '' ? '' : `: ${excerpt}`}`)
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
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

/** A receiver that speaks slowly has said enough: byte by byte it would hold the connection for days. */
async function whatIsSaid(reply: VendorReply, patience: AbortController): Promise<string> {
  const timer = setTimeout(() => patience.abort(), ANSWER_PATIENCE_MS)
  try {
    return await reply.text(MAX_ANSWER_BYTES)
  } catch {
    return ''
  } finally {
    clearTimeout(timer)
  }
}

function shortened(text: string): string {
  return storableText(text.replace(/\s+/g, ' ').trim().slice(0, EXCERPT_CHARS))
}
