import { ValenceError } from '../errors.ts'
import type { Cipher } from '../store/cipher.ts'

/**
 * What scripts of common resources get for the secrets of the user and the organization whose call they are part of: a word that the hub
 * takes in their place for a minute, for calls of the one instance only (design decision "scripts never hold secrets"; spec 01 §6). It is
 * signed, not stored: whatever process the call back reaches can read it.
 */
export interface ScriptAlias {
  userId: number
  instanceId: number
  /** how many scripts wait for a call that it makes */
  depth: number
}

const VALID_MS = 60_000
const FORM = /^vsa-(\d{1,10})-(\d{1,10})-(\d{1,2})-([0-9a-z]{1,11})-(\d+\.[\w-]+)$/

/** Calls that scripts make of each other this deep are the last: a common resource whose script reads itself has no end. */
const MAX_DEPTH = 10

export function issueAlias(cipher: Cipher, now: Date, { userId, instanceId, depth }: ScriptAlias): string {
  const body = `vsa-${userId}-${instanceId}-${depth}-${(now.getTime() + VALID_MS).toString(36)}`
  return `${body}-${cipher.sign(signed(body))}`
}

/** @returns undefined when the text is none, or no longer one */
export function readAlias(cipher: Cipher, now: Date, text: string | undefined): ScriptAlias | undefined {
  const [, userId, instanceId, depth, expires, signature = ''] = FORM.exec(text ?? '') ?? []
  if (text === undefined || expires === undefined || Number.parseInt(expires, 36) <= now.getTime()) return undefined
  const body = text.slice(0, -signature.length - 1)
  if (!cipher.verify(signed(body), signature)) return undefined
  return { userId: Number(userId), instanceId: Number(instanceId), depth: Number(depth) }
}

/** The same key signs page tokens: neither must pass for the other. */
function signed(body: string): string {
  return `script alias ${body}`
}

/** @throws ValenceError CALLS_TOO_DEEP */
export function assertDepth(depth: number, path: string): void {
  if (depth <= MAX_DEPTH) return
  throw new ValenceError(
    'CALLS_TOO_DEEP',
    `${path} was called by a script of a common resource that itself was called by one, ${MAX_DEPTH} deep; this is where it ends`,
  )
}
