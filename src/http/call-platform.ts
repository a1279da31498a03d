import type { Readable } from 'node:stream'
import { ValenceError } from '../errors.ts'
import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import type { PlatformReply, PlatformRequest, PlatformStream } from '../model/platform-call.ts'
import { whenAborted } from '../model/when-aborted.ts'
import {
  brokeOff,
  createStreamOwn,
  createStreamPlatform,
  type InjectDeps,
  isBrokenOff,
  type OwnDeps,
} from './stream-platform.ts'

export type CallPlatform = (
  caller: Caller,
  instance: Instance | undefined,
  request: PlatformRequest,
) => Promise<PlatformReply>

const MAX_REPLY_BYTES = 5 * 1024 * 1024
/** A vendor whose answer drips must not hold whoever waits for the call, and one of his few places, for ever. */
const LONGEST_MS = 10 * 60_000

/**
 * A call from inside (`stream-platform.ts`) with its whole answer. A failing call is an answer. Of an answer no more than 5 MiB are read, and no
 * longer than ten minutes.
 *
 * @throws ValenceError as `createStreamPlatform`; VENDOR_TIMEOUT when the time is over, VENDOR_UNREACHABLE when the answer breaks off
 */
export function createCallPlatform({
  longestMs = LONGEST_MS,
  ...deps
}: InjectDeps & { longestMs?: number }): CallPlatform {
  const stream = createStreamPlatform(deps)
  return (caller, instance, request) =>
    wholeAnswer(request, longestMs, (signal) => stream(caller, instance, { ...request, signal }))
}

/** The same with the credentials in the request's header `authorization`, as somebody made it by hand. */
export type CallOwn = (request: PlatformRequest) => Promise<PlatformReply>

export function createCallOwn({ longestMs = LONGEST_MS, ...deps }: OwnDeps & { longestMs?: number }): CallOwn {
  const stream = createStreamOwn(deps)
  return (request) => wholeAnswer(request, longestMs, (signal) => stream({ ...request, signal }))
}

/** Waits for an answer to its end. @throws ValenceError VENDOR_TIMEOUT */
async function wholeAnswer(
  { path, signal }: PlatformRequest,
  longestMs: number,
  call: (signal: AbortSignal) => Promise<PlatformStream>,
): Promise<PlatformReply> {
  const end = new AbortController()
  const timer = setTimeout(() => end.abort(tookTooLong(path)), longestMs)
  const letGo = whenAborted(signal, () => end.abort(signal?.reason))
  try {
    const { status, headers, body } = await call(end.signal)
    return { status, headers, ...(await read(body)) }
  } catch (error) {
    throw isBrokenOff(error) ? brokeOff(path, error) : error
  } finally {
    clearTimeout(timer)
    letGo()
  }
}

async function read(stream: Readable): Promise<Pick<PlatformReply, 'body' | 'bytes' | 'isCut'>> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer)
    sizeBytes += (chunk as Buffer).length
    if (sizeBytes > MAX_REPLY_BYTES) break
  }
  const bytes = Buffer.concat(chunks).subarray(0, MAX_REPLY_BYTES)
  return { body: bytes.toString('utf8'), bytes, isCut: sizeBytes > MAX_REPLY_BYTES }
}

function tookTooLong(path: string): ValenceError {
  return new ValenceError('VENDOR_TIMEOUT', `${path.replace(/\?.*$/s, '').slice(0, 200)} did not answer in time`)
}
