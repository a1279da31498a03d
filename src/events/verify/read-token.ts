import { Refusal } from './declaration.ts'
import { decode } from './decode.ts'

/** A JSON web token taken apart; nothing of it is true before its signature was checked. */
export interface Token {
  header: { alg: unknown; kid: string | undefined }
  claims: Readonly<Record<string, unknown>>
  /** what the signature is over */
  signed: Buffer
  signature: Buffer
}

/**
 * Reads the compact form (RFC 7515 §7.1).
 * @throws Refusal, also for a token with critical extensions, none of which are known here (RFC 7515 §4.1.11)
 */
export function readToken(text: string): Token {
  const [head = '', payload = '', end = '', ...rest] = text.split('.')
  const signature = decode(end, 'base64url')
  if (rest.length > 0 || signature === undefined)
    throw new Refusal('the token is not of the form header.claims.signature')
  const header = readPart(head)
  if (header['crit'] !== undefined) throw new Refusal('the token has extensions that are not known')
  const kid = header['kid']
  return {
    header: { alg: header['alg'], kid: typeof kid === 'string' ? kid : undefined },
    claims: readPart(payload),
    signed: Buffer.from(`${head}.${payload}`),
    signature,
  }
}

function readPart(text: string): Record<string, unknown> {
  const bytes = decode(text, 'base64url')
  let parsed: unknown
  try {
    parsed = bytes && JSON.parse(bytes.toString('utf8'))
  } catch {
    parsed = undefined
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>
  throw new Refusal('the token holds no JSON objects')
}
