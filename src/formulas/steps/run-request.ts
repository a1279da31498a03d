import type { StepOutcome } from '../executions/outcome.ts'
import { fillMembers, fillRequiredText, shown } from './fill-text.ts'
import { encodeBody, type RequestBody } from './request-body.ts'
import { contentTypeOf, headerTexts, withHeaders } from './request-headers.ts'
import { fillTarget, type RequestTarget } from './request-target.ts'
import { type RequestAnswer, responseValue } from './response-value.ts'
import { fillRetryRule, pause, type RetryRule } from './retry-rule.ts'
import type { StepCall } from './step.ts'
import { failed, StepFailure, succeeded, textOfFailure } from './step-failure.ts'

/** A request with everything that its properties say. */
export interface RequestDraft {
  method: string
  target: RequestTarget
  /** with the type of what is sent */
  headers: Record<string, string>
  /** undefined: nothing is sent */
  bytes: Buffer | undefined
  /** what is kept of it, beside its headers (spec 31 §3.3) */
  shown: Record<string, unknown>
}

/** How one type of request goes out. */
export interface RequestWay {
  /** property with the address, and what the address is called where it is kept */
  address: { property: 'api'; shownAs: 'uri' } | { property: 'url'; shownAs: 'url' }
  /** of a filled address: as it is kept */
  showAddress(address: string): string
  showQuery(query: RequestTarget['whole']): RequestTarget['whole']
  /** headers as they are kept: no secrets */
  showHeaders(draft: RequestDraft, retries: number): Record<string, string>
  /** @param retries that were made before */
  send(draft: RequestDraft, retries: number): Promise<RequestAnswer>
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/**
 * One request step: fills its properties, sends, and sends again as its properties say. A failing request leaves what was asked and answered as a
 * successful one does (spec 31 §3.2, §3.3).
 *
 * @param prepare whom it goes to, which its properties may not say rightly
 * @throws the reason of the signal; UNAVAILABLE
 */
export async function runRequest(
  call: StepCall,
  prepare: () => RequestWay | Promise<RequestWay>,
): Promise<StepOutcome> {
  const asked = await prepared(call, prepare)
  if ('status' in asked) return asked
  const { rule } = asked
  for (let retries = 0; ; retries++) {
    const { outcome, status, isFinal } = await tryOnce(call, asked, retries)
    if (isFinal || retries >= rule.retries || !rule.isWorthRetrying(status)) return outcome
    await pause(rule.delayMs, call.signal)
  }
}

interface Asked {
  way: RequestWay
  draft: RequestDraft
  rule: RetryRule
}

async function prepared(call: StepCall, prepare: () => RequestWay | Promise<RequestWay>): Promise<Asked | StepOutcome> {
  try {
    const way = await prepare()
    return { way, draft: await fillRequest(call, way), rule: await fillRetryRule(call) }
  } catch (error) {
    return failed(textOfFailure(error, call.signal))
  }
}

interface Tried {
  outcome: StepOutcome
  /** undefined: there was no answer */
  status: number | undefined
  /** another attempt would come to the same */
  isFinal: boolean
}

async function tryOnce(call: StepCall, { way, draft, rule }: Asked, retries: number): Promise<Tried> {
  const request = {
    ...draft.shown,
    headers: way.showHeaders(draft, retries),
    ...(retries === 0 ? {} : { 'retry-attempt': retries }),
  }
  let answer: RequestAnswer
  try {
    answer = await way.send(draft, retries)
  } catch (error) {
    const outcome = failed(textOfFailure(error, call.signal), { request })
    return { outcome, status: undefined, isFinal: !isTransient(error) }
  }
  const { status, headers } = answer
  if (answer.isCut) {
    const outcome = failed(tooLong(answer), { request, response: { code: status, headers } })
    return { outcome, status, isFinal: true }
  }
  const value = { request, response: responseValue(answer, draft.target.address) }
  return { outcome: rule.isAcceptable(status) ? succeeded(value) : failed(undefined, value), status, isFinal: false }
}

function isTransient(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return code === 'VENDOR_UNREACHABLE' || code === 'VENDOR_TIMEOUT' || code === 'VENDOR_REPLY_INVALID'
}

async function fillRequest(call: StepCall, { address, showAddress, showQuery }: RequestWay): Promise<RequestDraft> {
  const method = (await fillRequiredText(call, 'method')).trim().toUpperCase()
  if (!METHODS.includes(method)) throw new StepFailure(`method ${shown(method)}: expected ${METHODS.join(', ')}`)
  const target = await fillTarget(call, address.property)
  const headers = headerTexts((await fillMembers(call, 'headers')) ?? {})
  const body = await call.fill('body')
  const form = await fillMembers(call, 'form')
  const encoded = await encodeBody(body, form, contentTypeOf(headers))
  return {
    ...{ method, target, headers: typed(headers, encoded), bytes: encoded.bytes },
    // a copy: later steps may change what it was made of
    shown: structuredClone({
      method,
      [address.shownAs]: showAddress(target.address),
      headers: {},
      query: showQuery(target.whole),
      path: target.path,
      body: body ?? null,
      ...(form === undefined ? {} : { form }),
    }),
  }
}

/** What the step says of its body counts, but a form has a boundary that only its writer knows. */
function typed(headers: Record<string, string>, { contentType }: RequestBody): Record<string, string> {
  const isSaid = contentTypeOf(headers) !== '' && contentType?.startsWith('multipart/') !== true
  return contentType === undefined || isSaid ? headers : withHeaders(headers, { 'Content-Type': contentType })
}

function tooLong({ bytes }: RequestAnswer): string {
  return `the answer is longer than the ${bytes.length} bytes that a step reads: elementRequestStream takes files of any size`
}
