import { readTokenReply, type TokenReply } from '../engine/oauth/token.ts'
import type { VendorRequest } from '../model/exchange.ts'
import { redactText } from '../redact.ts'
import type { InstanceContext } from './context.ts'

const MAX_TOKEN_REPLY_BYTES = 1024 * 1024
const MAX_PROVIDER_MESSAGE = 4_000
const MAX_REASON = 500
const TOTAL_TIMEOUT_MS = 30_000

/** What a token endpoint answered: the reading of it, the status, and its text with credentials masked. */
export interface TokenCall {
  reply: TokenReply
  /** why there is no token, in the vendor's words: `invalid_grant: The code was used before` */
  reason: string
  status: number
  providerMessage: string
  /** `retry-after`, where the vendor asks for a pause */
  headers: Record<string, string>
}

/**
 * One call of a vendor's OAuth endpoint. Not retried: codes and rotating refresh tokens work once.
 * @param secrets values that must not appear in what is told or stored
 * @throws ValenceError VENDOR_UNREACHABLE, VENDOR_TIMEOUT, EGRESS_REFUSED
 */
export async function callTokenEndpoint(
  context: InstanceContext,
  request: VendorRequest,
  secrets: readonly string[],
): Promise<TokenCall> {
  const { status, text, retryAfter } = await callOAuthEndpoint(context, request)
  const reply = readTokenReply(status, text)
  return {
    reply,
    reason: reasonOf(reply, status, secrets),
    status,
    providerMessage: redactText(text || `HTTP ${status}`, secrets).slice(0, MAX_PROVIDER_MESSAGE),
    headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  }
}

export async function callOAuthEndpoint(
  context: InstanceContext,
  request: VendorRequest,
): Promise<{ status: number; text: string; retryAfter: string | undefined }> {
  // a limit for the whole call: an endpoint that drips would hold the credential lock as long as it likes
  const answer = await context.send({ ...request, signal: AbortSignal.timeout(TOTAL_TIMEOUT_MS) })
  const retryAfter = answer.headers['retry-after']
  return {
    status: answer.status,
    text: await answer.text(MAX_TOKEN_REPLY_BYTES),
    retryAfter: retryAfter === undefined ? undefined : String(retryAfter),
  }
}

/** It is stored and shown, so it is one short line without secrets. */
function reasonOf(reply: TokenReply, status: number, secrets: readonly string[]): string {
  if (reply.ok) return ''
  const said = [reply.error, reply.description].filter(Boolean).join(': ').slice(0, MAX_REASON)
  return (
    redactText(said, secrets)
      .replace(/\p{Cc}+/gu, ' ')
      .toWellFormed() || `HTTP ${status}`
  )
}
