import type { PlatformReply } from '../../model/platform-call.ts'
import { redactAddress, redactQuery } from '../../redact.ts'
import type { FormulaContext } from '../context.ts'
import { CHAIN_HEADER } from '../triggers/chain.ts'
import { checkRequest } from './check-request.ts'
import { mayChange, mayRepeat } from './effects.ts'
import { maskedHeaders, withHeaders } from './request-headers.ts'
import type { RequestAnswer } from './response-value.ts'
import { type RequestDraft, type RequestWay, runRequest } from './run-request.ts'
import type { StepCall, StepKind } from './step.ts'

/** Until the answer begins, and for each of its silences. */
const TIMEOUT_MS = 60_000
/** An answer that drips must not hold its execution for ever. */
const LONGEST_MS = 10 * 60_000
const MAX_ANSWER_BYTES = 5 * 1024 * 1024
/** What may follow a redirect to another origin; anything else may carry a credential. */
const HARMLESS = new Set(['accept', 'content-type', 'user-agent'])

/** A request to any public address, or with credentials of its own to our own API (spec 31 §3.2, §5). */
export const HTTP_REQUEST: StepKind = {
  hasEffect: ({ properties }) => mayChange(properties),
  mayRepeat: ({ properties }) => mayRepeat(properties),
  required: ['method', 'url'],
  check: checkRequest,
  run: (context, call) => runRequest(call, () => httpWay(context, call)),
}

function httpWay(context: FormulaContext, call: StepCall): RequestWay {
  return {
    address: { property: 'url', shownAs: 'url' },
    showAddress: redactAddress,
    showQuery: redactQuery,
    showHeaders: ({ headers }) => maskedHeaders(headers),
    send(draft) {
      const url = urlOf(draft)
      // a path alone is no address, whatever it would be in our API
      const own = URL.canParse(url) ? context.ownPath(url) : undefined
      return own === undefined ? sendOut(context, call, draft, url) : sendToUs(context, call, draft, own)
    },
  }
}

function urlOf({ target: { address, inline, query } }: RequestDraft): string {
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`),
  )
  const whole = [...(inline === '' ? [] : [inline]), ...pairs].join('&')
  return whole === '' ? address : `${address}?${whole}`
}

async function sendOut(
  { send }: FormulaContext,
  { signal }: StepCall,
  { method, headers, bytes }: RequestDraft,
  url: string,
): Promise<RequestAnswer> {
  const names = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const reply = await send({
    ...{ method, url, headers: names, timeoutMs: TIMEOUT_MS },
    signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]),
    credentialHeaders: Object.keys(names).filter((name) => !HARMLESS.has(name)),
    ...(bytes === undefined ? {} : { body: bytes }),
  })
  const { status, headers: answered } = reply
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of reply.body) {
    chunks.push(chunk as Buffer)
    sizeBytes += (chunk as Buffer).length
    if (sizeBytes > MAX_ANSWER_BYTES) break
  }
  const whole = Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES)
  return { status, headers: answered, bytes: whole, isCut: sizeBytes > MAX_ANSWER_BYTES }
}

/** Without a socket, as all calls of ourselves: our public address need not be reachable from here. */
async function sendToUs(
  { callOwn }: FormulaContext,
  { execution, signal }: StepCall,
  { method, headers, bytes }: RequestDraft,
  path: string,
): Promise<RequestAnswer> {
  const reply: PlatformReply = await callOwn({
    ...{ method, path, depth: execution.depth, signal },
    headers: withHeaders(headers, { [CHAIN_HEADER]: String(execution.chain + 1) }),
    ...(bytes === undefined ? {} : { body: bytes }),
  })
  return { ...reply, bytes: reply.bytes ?? Buffer.from(reply.body) }
}
