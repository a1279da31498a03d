import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { Send } from '../../model/exchange.ts'

const MAX_SETS = 200
const MAX_KEYS = 100
const MAX_BYTES = 256 * 1024
/** for all of the answer: one that drips would hold every webhook that waits for it, and its body */
const TIMEOUT_MS = 5_000
/** Then the vendor is asked again, so that withdrawn keys end. */
const FRESH_MS = 10 * 60_000
/** A key id that is not in the set, or a vendor that does not answer, costs at most one request in this time. */
const PAUSE_MS = 60_000
/** How long known keys outlast a vendor that does not answer. */
const STALE_MS = 60 * 60_000

export interface PublishedKey {
  key: KeyObject
  kid: string | undefined
  /** the algorithm that the vendor says it is for */
  alg: string | undefined
}

export interface PublishedKeys {
  /**
   * Keys at a JWKS address (RFC 7517) for signatures, public ones only.
   * @param kid that is looked for: when the set is not new and lacks it, the vendor is asked again, once a minute at most
   * @param arrivedAt when what the key signed arrived, now by default: the key may have been published since the set was read before it
   * @returns undefined when the vendor cannot be asked and nothing recent is known, or not about this key: it can be answered later
   */
  keysAt(url: string, kid: string | undefined, arrivedAt?: Date): Promise<PublishedKey[] | undefined>
}

interface KeySet {
  keys: PublishedKey[] | undefined
  readAt: number
  askedAt: number
  asking: Promise<void> | undefined
}

/**
 * Remembers what vendors publish, bounded; one request at a time for an address.
 * @param world `send` is the egress door: addresses come from configuration that strangers may have written
 */
export function createPublishedKeys(world: { send: Send; now(): Date; timeoutMs?: number }): PublishedKeys {
  const { timeoutMs = TIMEOUT_MS } = world
  const sets = new Map<string, KeySet>()

  function setAt(url: string): KeySet {
    const set = sets.get(url) ?? { keys: undefined, readAt: 0, askedAt: Number.NEGATIVE_INFINITY, asking: undefined }
    sets.delete(url)
    sets.set(url, set)
    const [oldest] = sets.keys()
    if (sets.size > MAX_SETS && oldest !== undefined) sets.delete(oldest)
    return set
  }

  async function ask(url: string, set: KeySet): Promise<void> {
    const askedAt = world.now().getTime()
    set.askedAt = askedAt
    const keys = await fetchKeys(world.send, url, timeoutMs)
    if (keys === undefined) return
    set.keys = keys
    set.readAt = askedAt
  }

  return {
    async keysAt(url, kid, arrivedAt = world.now()) {
      const set = setAt(url)
      const age = world.now().getTime() - set.readAt
      const isWanted = set.keys === undefined || age > FRESH_MS || lacks(set.keys, kid)
      if (isWanted && (set.asking || world.now().getTime() - set.askedAt > PAUSE_MS)) {
        set.asking ??= ask(url, set).finally(() => {
          set.asking = undefined
        })
        await set.asking
      }
      const isOld = world.now().getTime() - set.readAt > STALE_MS
      const isUnanswered = set.readAt < arrivedAt.getTime() && lacks(set.keys ?? [], kid)
      return isOld || isUnanswered ? undefined : set.keys
    },
  }
}

function lacks(keys: readonly PublishedKey[], kid: string | undefined): boolean {
  return kid !== undefined && !keys.some((key) => key.kid === kid)
}

/** @returns undefined when there is no usable answer: whoever waits is told that it is temporary */
async function fetchKeys(send: Send, url: string, timeoutMs: number): Promise<PublishedKey[] | undefined> {
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const reply = await send({ method: 'GET', url, headers: { accept: 'application/json' }, timeoutMs, signal })
    const text = await reply.text(MAX_BYTES)
    return reply.status === 200 ? readKeySet(text) : undefined
  } catch {
    // unreachable, refused by the egress policy, or no JSON
    return undefined
  }
}

/** Public signature keys of a set; others are left out (RFC 7517 §5). */
export function readKeySet(text: string): PublishedKey[] | undefined {
  const parsed: unknown = JSON.parse(text)
  const list = (parsed as { keys?: unknown } | null)?.keys
  if (!Array.isArray(list)) return undefined
  return list.slice(0, MAX_KEYS).flatMap((entry) => readKey(entry))
}

function readKey(entry: unknown): PublishedKey[] {
  if (typeof entry !== 'object' || entry === null) return []
  const { kty, use, kid, alg } = entry as Record<string, unknown>
  if (kty === 'oct' || (use !== undefined && use !== 'sig')) return []
  try {
    const key = createPublicKey({ key: entry as JsonWebKey, format: 'jwk' })
    return [{ key, kid: typeof kid === 'string' ? kid : undefined, alg: typeof alg === 'string' ? alg : undefined }]
  } catch {
    return []
  }
}
