import { setTimeout as wait } from 'node:timers/promises'
import { Agent, request } from 'undici'

export interface Posted {
  /** sequence numbers that were answered with 200, by instance */
  acknowledged: Map<number, number[]>
  /** broken connections: stored or not, nobody knows */
  unanswered: number
  /** answered with another status: nothing was promised */
  refused: number
  /** of those answered with 200 */
  tookMs: number[]
}

export interface Posting {
  element: string
  instanceIds: readonly number[]
  /** until so many of each instance are acknowledged */
  each: number
  /** of all instances together */
  perSecond: number
  /** addresses of API processes that run just now */
  apis(): readonly string[]
  random(): number
}

/** Nobody is up: nothing was sent, so the same webhook is sent again. */
const NOT_SENT = new Set(['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT'])
const PAUSE_MS = 25
/** Then it is no accident. */
const MOST_REFUSED = 100

/**
 * The vendor: for each instance one webhook after the other, the next one when the last one was answered or its connection broke. None
 * is sent twice: a broken one may have been stored, and would be another event.
 */
export async function postWebhooks(posting: Posting, posted: Posted): Promise<void> {
  const agent = new Agent({ connections: posting.instanceIds.length, keepAliveTimeout: 1_000 })
  const pauseMs = (1000 * posting.instanceIds.length) / posting.perSecond
  await Promise.all(posting.instanceIds.map((id) => postLane(id, { ...posting, agent, pauseMs }, posted)))
  await agent.close()
}

async function postLane(id: number, posting: Posting & { agent: Agent; pauseMs: number }, posted: Posted) {
  const acknowledged: number[] = []
  posted.acknowledged.set(id, acknowledged)
  await wait(posting.random() * posting.pauseMs)
  let due = performance.now()
  let refusedInARow = 0
  for (let sequence = 1; acknowledged.length < posting.each; ) {
    due = Math.max(due + posting.pauseMs, performance.now() - 1_000)
    await wait(Math.max(0, due - performance.now()))
    const [api] = posting.apis().toSorted(() => posting.random() - 0.5)
    const outcome = api === undefined ? 'not sent' : await post(api, id, sequence, posting, posted.tookMs)
    if (outcome === 'not sent') {
      await wait(PAUSE_MS)
      continue
    }
    if (outcome === 'acknowledged') acknowledged.push(sequence)
    else posted[outcome]++
    refusedInARow = outcome === 'refused' ? refusedInARow + 1 : 0
    if (refusedInARow > MOST_REFUSED) throw new Error(`instance ${id}: ${refusedInARow} webhooks were refused in a row`)
    sequence++
  }
}

async function post(
  api: string,
  id: number,
  sequence: number,
  { element, agent }: { element: string; agent: Agent },
  tookMs: number[],
): Promise<'acknowledged' | 'refused' | 'unanswered' | 'not sent'> {
  const ref = encodeURIComponent(Buffer.from(String(id)).toString('base64'))
  const began = performance.now()
  try {
    const { statusCode, body } = await request(`${api}/events/${element}/${ref}`, {
      method: 'POST',
      dispatcher: agent,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sequence, id: `${id}-${sequence}`, type: 'contacts', change: 'UPDATED' }),
    })
    await body.dump()
    if (statusCode !== 200) return 'refused'
    tookMs.push(performance.now() - began)
    return 'acknowledged'
  } catch (error) {
    return NOT_SENT.has((error as { code?: string }).code ?? '') ? 'not sent' : 'unanswered'
  }
}
