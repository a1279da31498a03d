import type { VendorReply } from '../model/exchange.ts'
import type { Owner } from '../model/owner.ts'
import { storableText } from '../model/storable-text.ts'
import type { NotificationContext, Target } from './context.ts'
import { deliveryHeaders } from './delivery-headers.ts'

/** What is sent, as it is stored. */
export interface Message {
  /** the same at every attempt, so that a receiver knows what it has */
  id: number | string
  body: string
  depth: number
  /** for this hub alone */
  ownHeaders?: Readonly<Record<string, string>>
}

export interface Posted {
  outcome: 'delivered' | 'failed'
  /** of the answer */
  status: number | null
  /** for people */
  message: string
}

/** Of a receiver, until its answer begins (spec 40 §9.3). */
const TIMEOUT_MS = 30_000
/** What a receiver says beside its status is read so far; nobody waits for the rest. */
const MAX_ANSWER_BYTES = 64 * 1024
const ANSWER_PATIENCE_MS = 1_000
const EXCERPT_CHARS = 200

/**
 * Posts a message to an address, once: one of this hub is called without a socket, in the name of the owner. 2xx is success; redirects are not
 * followed (spec 40 §9.3).
 *
 * @returns also what went wrong: only what the hub itself cannot do is thrown
 */
export async function postMessage(
  context: Pick<NotificationContext, 'send' | 'callPlatform' | 'ownPath' | 'now'>,
  target: Target,
  owner: Owner & { instanceId: number | undefined },
  message: Message,
): Promise<Posted> {
  const path = context.ownPath(target.url)
  const headers = deliveryHeaders(target, message, context.now())
  const patience = new AbortController()
  try {
    if (path !== undefined) {
      const { instanceId, ...caller } = owner
      const reply = await context.callPlatform(caller, instanceId, {
        method: 'POST',
        path,
        headers: { ...headers, ...message.ownHeaders },
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
    const message = shortened(error instanceof Error ? error.message : String(error))
    return { outcome: 'failed', status: null, message }
  }
}

function judged(status: number, who: string, said: string): Posted {
  if (isSuccess(status)) return { outcome: 'delivered', status, message: '' }
  const excerpt = shortened(said)
  return { outcome: 'failed', status, message: `${who} answered ${status}${excerpt === '' ? '' : `: ${excerpt}`}` }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
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
