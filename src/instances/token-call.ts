import { readTokenReply, type TokenReply } from '../engine/oauth/token.ts'
import { ValenceError } from '../errors.ts'
import type { VendorRequest } from '../model/exchange.ts'
import { redactText } from '../redact.ts'
import type { InstanceContext } from './context.ts'

const MAX_TOKEN_REPLY_BYTES = 1024 * 1024
const MAX_PROVIDER_MESSAGE = 4_000

/** What a token endpoint answered: the reading of it, the status, and its text with credentials masked. */
export interface TokenCall {
  reply: TokenReply
  status: number
  providerMessage: string
  /** `retry-after`, where the vendor asks for a pause */
  headers: Record<string, string>
}

/**
 * One call of a vendor's OAuth endpoint. Not retried: codes and rotating refresh tokens work once.
 * @param secrets values that must not appear in `providerMessage`
 * @throws ValenceError VENDOR_UNREACHABLE, VENDOR_TIMEOUT, EGRESS_REFUSED
 */
export async function callTokenEndpoint(
  context: InstanceContext,
  request: VendorRequest,
  secrets: readonly string[],
): Promise<TokenCall> {
  const { status, text, retryAfter } = await callOAuthEndpoint(context, request)
  return {
    reply: readTokenReply(status, text),
    status,
    providerMessage: redactText(text || `HTTP ${status}`, secrets).slice(0, MAX_PROVIDER_MESSAGE),
    headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  }
}

export async function callOAuthEndpoint(
  context: InstanceContext,
  request: VendorRequest,
): Promise<{ status: number; text: string; retryAfter: string | undefined }> {
  const answer = await context.send(request)
  const retryAfter = answer.headers['retry-after']
  return {
    status: answer.status,
    text: await answer.text(MAX_TOKEN_REPLY_BYTES),
    retryAfter: retryAfter === undefined ? undefined : String(retryAfter),
  }
}

/** `invalid_grant: The code was used before` */
export function reasonOf({ reply, status }: TokenCall): string {
  if (reply.ok) return 'ok'
  return [reply.error, reply.description].filter(Boolean).join(': ') || `HTTP ${status}`
}

/** Vendor down, timed out or unreadable: worth another try later. */
export function isTransient(error: unknown): error is ValenceError {
  return (
    error instanceof ValenceError &&
    ['VENDOR_UNREACHABLE', 'VENDOR_TIMEOUT', 'VENDOR_REPLY_INVALID'].includes(error.code)
  )
}
