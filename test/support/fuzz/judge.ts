import type { Exchange, RawAnswer } from './exchange.ts'
import type { OddRequest } from './odd-request.ts'
import { isUnfinished } from './send-odd.ts'

/** What nobody may read in an answer. */
export interface Forbidden {
  /** in no answer at all: words of other tenants, passwords, client secrets */
  everywhere: readonly string[]
  /** the caller's own: in answers whose business they are, and in no error */
  own: readonly string[]
}

/** Answers that hand out a secret or token of the caller by design (spec 50 §2, §3, §5; 10 §4.1). */
const HANDS_OUT = /\/(authentication|organizations?|users|accounts|instances|customers|your_moms)\b/i

/** Where a vendor has its say, its failure is 502 (spec 00 §7). */
const ASKS_VENDORS = /\/hubs\/[^/]+\/|\/instances|\/oauth|api-v[12]\//i

/** Words of our own insides. */
const INSIDES =
  /node_modules|\bat .{1,200}\.ts:\d|\bkysely\b|pg_catalog|syntax error at or near|violates .{1,40} constraint|\bECONN|\bENOENT|\/work\/|file:\/\/\/(?!etc)/i

const REQUEST_ID = /^[0-9a-f]{24}$/

/** @returns what is wrong with what came back, a sentence each */
export function complaintsOf(
  request: OddRequest,
  { answers, rest, timedOut }: Exchange,
  forbidden: Forbidden,
): string[] {
  const complaints: string[] = []
  if (timedOut) complaints.push('no end of the answer')
  if (answers.length === 0 && !isUnfinished(request)) complaints.push('no answer')
  // whoever cannot read a request does not know that it was a HEAD: its refusal has a body, and ends the connection
  if (rest !== '' && !isUnfinished(request) && request.method !== 'HEAD')
    complaints.push(`half an answer: ${rest.slice(0, 200)}`)
  for (const answer of answers) complaints.push(...complaintsOfAnswer(request, answer, forbidden))
  return complaints
}

function complaintsOfAnswer(request: OddRequest, answer: RawAnswer, { everywhere, own }: Forbidden): string[] {
  const { status, head, body } = answer
  const complaints: string[] = []
  if (status >= 500 && !(status === 502 && ASKS_VENDORS.test(request.target))) complaints.push(`status ${status}`)
  if (!REQUEST_ID.test(answer.headers.get('elements-request-id') ?? '')) complaints.push('no request id')
  if (status >= 400) complaints.push(...complaintsOfError(request, answer))
  const shown = head + body
  for (const word of everywhere) if (shown.includes(word)) complaints.push(`holds "${word}"`)
  if (status >= 400 || !HANDS_OUT.test(request.target))
    for (const word of own) if (shown.includes(word)) complaints.push('holds a secret of the caller')
  if (status >= 400 && INSIDES.test(body)) complaints.push('holds words of our insides')
  if (answer.headers.has('x-injected')) complaints.push('a header of the caller became one of the answer')
  return complaints
}

/** The one shape of errors (spec 00 §5). */
function complaintsOfError({ method }: OddRequest, { headers, body }: RawAnswer): string[] {
  const complaints: string[] = []
  if (headers.get('content-type') !== 'application/json;charset=UTF-8')
    complaints.push(`type ${headers.get('content-type')}`)
  if (method === 'HEAD') return complaints
  const { requestId, message, providerMessage, ...others } = parsed(body)
  if (requestId !== headers.get('elements-request-id'))
    complaints.push('the body has another request id than the header')
  if (typeof message !== 'string' || message.trim() === '') complaints.push('no message')
  if (providerMessage !== undefined && typeof providerMessage !== 'string')
    complaints.push('providerMessage is no text')
  if (Object.keys(others).length > 0) complaints.push(`other members: ${Object.keys(others).join(', ')}`)
  return complaints
}

function parsed(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body)
  } catch {
    // complained of by what is then missing in it
    return {}
  }
}
