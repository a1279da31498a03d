import type { Element, Hook, Resource } from '../../../src/model/element.ts'
import type { Answer } from '../hub.ts'
import type { Arrival } from './arrivals.ts'
import { type Difference, differences, matches } from './compare-request.ts'
import { expectedReply } from './expected-reply.ts'
import { type ExpectedRequest, expectedRequest } from './expected-request.ts'
import { notExecutable } from './rows.ts'
import type { OracleCall, Values } from './values.ts'

/** One call of one resource, with everything that can be known about it. */
export interface Case {
  element: Element
  resource: Resource
  call: OracleCall
  configuration: Values
  answer: Answer
  arrivals: readonly Arrival[]
  /** the vendor's true address of an arrival, or undefined when another vendor than the element's was called */
  addressOf(arrival: Arrival, expected: ExpectedRequest): string | undefined
}

export interface Verdict {
  request: 'as prescribed' | 'hook decided' | 'refused as prescribed' | 'not executable' | 'failed'
  reply: 'as prescribed' | 'hook decided' | 'vendor error' | 'no call' | 'failed'
  /** of a failure, or of a refusal */
  reason?: string
  /** a hook that ended in an exception: its message */
  scriptFailure?: string
  /** of a vendor error: what the vendor was asked to answer */
  wantsXml?: boolean
}

const NOT_SUPPORTED = 'This API is not currently supported for this element'

export async function judge(given: Case): Promise<Verdict> {
  const { element, resource, answer } = given
  if (answer.status === 500 && String(answer.body?.message).startsWith('Internal error')) {
    return { request: 'failed', reply: 'failed', reason: `crash: ${answer.text}` }
  }
  const kind = notExecutable(element, resource)
  if (kind) return refusal(given, kind)
  const missing = impossibleRow(resource)
  if (missing !== undefined && answer.status === 400 && answer.body?.message.includes(missing)) {
    return {
      request: 'refused as prescribed',
      reply: 'no call',
      reason: `its path has no {${missing}}, which it requires`,
    }
  }
  const request = judgeRequest(given)
  if (request.request === 'failed') return request
  const scriptFailure =
    answer.status === 500 && /Request hook of /.test(answer.body?.message) ? answer.body.message : undefined
  return { ...request, ...(await judgeReply(given)), ...(scriptFailure ? { scriptFailure } : {}) }
}

function refusal({ answer, arrivals }: Case, kind: string): Verdict {
  const isRefused = answer.status === 400 && answer.body?.message === NOT_SUPPORTED && arrivals.length === 0
  if (isRefused) return { request: 'not executable', reply: 'no call', reason: kind }
  return {
    request: 'failed',
    reply: 'failed',
    reason: `${kind} answered ${answer.status} ${answer.text.slice(0, 200)}`,
  }
}

/** A required path row that the path does not contain: no caller can ever give it (spec 11 §3.1: 400). */
export function impossibleRow({ path, parameters = [] }: Resource): string | undefined {
  return parameters.find(
    ({ type, name, required, source }) =>
      type === 'path' &&
      required &&
      source !== 'response' &&
      !path.includes(`{${name}}`) &&
      !path.includes(`{:${name}}`),
  )?.name
}

const hooksOf = ({ element, resource }: Case, type: string): Hook[] =>
  [...element.hooks, ...(resource.hooks ?? [])].filter((hook) => hook.type === type && hook.body)

function judgeRequest(given: Case): Verdict {
  const { element, resource, call, configuration, arrivals, answer } = given
  const texts = hooksOf(given, 'preRequest').map(({ body = '' }) => body)
  const [first] = arrivals
  if (!first) {
    if (texts.length > 0) return { request: 'hook decided', reply: 'hook decided' }
    return {
      request: 'failed',
      reply: 'failed',
      reason: `no vendor call: ${answer.status} ${answer.text.slice(0, 300)}`,
    }
  }
  const expected = expectedRequest(element, resource, call, configuration)
  const address = given.addressOf(first, expected)
  const { method, headers, body } = first
  const found =
    address === undefined
      ? [{ part: 'address', expected: expected.address, got: `${first.door} ${first.target}` } satisfies Difference]
      : differences(expected, { method, url: address, headers, body })
  if (found.length === 0) return { request: 'as prescribed', reply: 'no call' }
  const explains = (text: string) => (difference: Difference) =>
    mayChange(text, difference, expected) || (difference.part === 'headers' && wentElsewhere(found, text))
  const unexplained = found.filter((difference) => !texts.some((text) => explains(text)(difference)))
  if (unexplained.length === 0) return { request: 'hook decided', reply: 'no call' }
  const reason = unexplained
    .map(({ part, expected: wanted, got }) => `${part}: expected ${wanted}, got ${got}`)
    .join('; ')
  return { request: 'failed', reply: 'failed', reason }
}

const RETURNED: Record<Difference['part'], RegExp> = {
  method: /request_vendor_method/,
  address: /request_vendor_(path|url)/,
  query: /request_vendor_(parameters|path|url)/,
  headers: /request_vendor_(headers|body)/,
  body: /request_vendor_(body|method)/,
}

/** Whether a script can have made a difference: it names the key by which hooks return that part (spec 11 §6.4). */
function mayChange(text: string, { part }: Difference, { body }: ExpectedRequest): boolean {
  // an upload's spelling is settled by what the hook makes of it
  return RETURNED[part].test(text) || (body.kind === 'file' && (part === 'headers' || part === 'body'))
}

/** A hook that leads to another host leaves the credentials behind. */
function wentElsewhere(found: readonly Difference[], text: string): boolean {
  return RETURNED.address.test(text) && found.some(({ part }) => part === 'address')
}

async function judgeReply(given: Case): Promise<Omit<Verdict, 'request'>> {
  const { resource, call, configuration, answer, arrivals } = given
  const last = arrivals.at(-1)
  if (!last) return { reply: 'hook decided' }
  const isHooked =
    hooksOf(given, 'postRequest').length > 0 ||
    hooksOf(given, 'preRequest').some(({ body = '' }) => /response_/.test(body))
  if (isHooked || resource.nextResource) return { reply: 'hook decided' }
  const expected = await expectedReply(resource, call, configuration, last.reply)
  if (expected.status !== answer.status) {
    return {
      reply: 'failed',
      reason: `reply: expected ${expected.status}, got ${answer.status} ${answer.text.slice(0, 300)}`,
    }
  }
  if (expected.status >= 400) {
    const wantsXml = /xml/.test(last.headers['accept'] ?? '')
    return { reply: 'vendor error', reason: `${last.reply.status}`, wantsXml }
  }
  if (expected.body === 'any' || matches(expected.body.value, answer.body)) return { reply: 'as prescribed' }
  const wanted = JSON.stringify(expected.body.value)?.slice(0, 300)
  return { reply: 'failed', reason: `reply: expected ${wanted}, got ${answer.text.slice(0, 300)}` }
}
