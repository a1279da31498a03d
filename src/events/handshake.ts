import { ValenceError } from '../errors.ts'
import { isObject } from '../model/is-object.ts'
import { sameText } from './verify/constant-time.ts'

export interface Handshake {
  type: 'text' | 'json'
  body: string
}

/** A handshake says little: larger bodies are events. */
const MAX_BODY_BYTES = 8_192

/**
 * Vendors that ask before they send anything whether this address expects them (spec 40 §4.4). What they are answered is no event.
 *
 * | Request | Answer |
 * |---|---|
 * | HEAD; GET without parameters | nothing |
 * | GET with `hub.challenge` (Facebook, WebSub) | the challenge; a `hub.verify_token` has to be ours |
 * | GET with `challenge` (Dropbox) | the challenge |
 * | `validationToken` and no body (Microsoft Graph) | the token |
 * | JSON of `type` `url_verification` (Slack) | `{ "challenge": … }` |
 *
 * @param verifyToken setting `VALENCE_WEBHOOK_VERIFY_TOKEN`
 * @returns undefined for an event
 * @throws ValenceError FORBIDDEN for another verify token
 */
export function handshakeOf(
  request: { method: string; query: string; body: Buffer },
  verifyToken: string,
): Handshake | undefined {
  const isReading = request.method === 'GET'
  if (request.method === 'HEAD' || (isReading && request.query === '')) return { type: 'text', body: '' }
  const query = /hallenge|validationToken/.test(request.query) ? new URLSearchParams(request.query) : undefined
  const challenge = isReading && query ? challengeOf(query, verifyToken) : undefined
  if (challenge !== undefined) return { type: 'text', body: challenge }
  const validation = request.body.length === 0 ? query?.get('validationToken') : undefined
  if (typeof validation === 'string') return { type: 'text', body: validation }
  return request.method === 'POST' ? urlVerification(request.body) : undefined
}

function challengeOf(query: URLSearchParams, verifyToken: string): string | undefined {
  const challenge = query.get('hub.challenge')
  if (challenge === null) return query.get('challenge') ?? undefined
  const given = query.get('hub.verify_token')
  if (given !== null && !sameText(given, verifyToken))
    throw new ValenceError(
      'FORBIDDEN',
      'hub.verify_token is not the one that this server expects (VALENCE_WEBHOOK_VERIFY_TOKEN)',
    )
  return challenge
}

function urlVerification(body: Buffer): Handshake | undefined {
  if (body.length > MAX_BODY_BYTES || !body.includes('url_verification')) return undefined
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    return undefined // an event that cannot be read is one all the same
  }
  if (!isObject(value) || value['type'] !== 'url_verification' || typeof value['challenge'] !== 'string')
    return undefined
  return { type: 'json', body: JSON.stringify({ challenge: value['challenge'] }) }
}
