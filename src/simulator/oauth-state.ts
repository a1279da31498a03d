import { randomBytes, timingSafeEqual } from 'node:crypto'

/** Of tokens that no client asked the authorization server for. */
export const ANY_CLIENT = '*'

export interface Grant {
  id: number
  clientId: string
  scope: string
}

interface AccessToken {
  grant: Grant
  expiresAt: number
}

interface PendingCode {
  clientId: string
  redirectUri: string
  scope: string
  expiresAt: number
}

/** What a vendor's authorization server remembers; OAuth 1 tokens live here too. In memory only. */
export interface OAuthState {
  /** a client's secret must stay what it was when first seen */
  acceptClient(clientId: string, secret: string): boolean
  knowsClient(clientId: string): boolean
  newCode(clientId: string, redirectUri: string, scope: string): string
  /** one-time: the code is gone afterwards, whatever the answer */
  takeCode(code: string, clientId: string, redirectUri: string): { scope: string } | undefined
  newGrant(clientId: string, scope: string): Grant
  newAccessToken(grant: Grant, seconds: number): string
  newRefreshToken(grant: Grant): string
  /** @param spend true: the token cannot be used again */
  takeRefreshToken(token: string, clientId: string, spend: boolean): Grant | undefined
  isValid(accessToken: string): boolean
  /** it was issued here and is over */
  isOver(accessToken: string): boolean
  invalidate(accessToken: string): void
  expireAll(): void
  /** an access token alone, or a refresh token with everything issued under its grant (RFC 7009 §2.1) */
  revoke(token: string): boolean
}

const CODE_MINUTES = 10
const PURGE_ABOVE = 10_000
const MAX_TOKENS = 100_000

export function createOAuthState(now: () => Date): OAuthState {
  const clients = new Map<string, string>()
  const seenClients = new Set<string>()
  const codes = new Map<string, PendingCode>()
  const accessTokens = new Map<string, AccessToken>()
  const refreshTokens = new Map<string, Grant>()
  const over = new Set<string>()
  let lastGrant = 0

  const time = () => now().getTime()
  const newToken = () => randomBytes(32).toString('hex')
  const purge = <T extends { expiresAt: number }>(entries: Map<string, T>) => {
    if (entries.size > PURGE_ABOVE)
      for (const [key, entry] of entries) if (entry.expiresAt <= time()) entries.delete(key)
  }

  function invalidate(token: string): void {
    if (over.size > PURGE_ABOVE) over.clear()
    over.add(token)
    accessTokens.delete(token)
  }

  return {
    acceptClient(clientId, secret) {
      seenClients.add(clientId)
      if (secret === '' || secret === 'wrong-secret') return false
      const known = clients.get(clientId)
      if (known === undefined) clients.set(clientId, secret)
      return known === undefined || sameText(known, secret)
    },
    knowsClient: (clientId) => seenClients.has(clientId),
    newCode(clientId, redirectUri, scope) {
      purge(codes)
      seenClients.add(clientId)
      const code = newToken()
      codes.set(code, { clientId, redirectUri, scope, expiresAt: time() + CODE_MINUTES * 60_000 })
      return code
    },
    takeCode(code, clientId, redirectUri) {
      const pending = codes.get(code)
      codes.delete(code)
      const fits =
        pending && pending.clientId === clientId && pending.redirectUri === redirectUri && time() < pending.expiresAt
      return fits ? { scope: pending.scope } : undefined
    },
    newGrant: (clientId, scope) => ({ id: ++lastGrant, clientId, scope }),
    newAccessToken(grant, seconds) {
      purge(accessTokens)
      if (accessTokens.size > MAX_TOKENS) accessTokens.delete(accessTokens.keys().next().value ?? '')
      const token = newToken()
      accessTokens.set(token, { grant, expiresAt: time() + seconds * 1000 })
      return token
    },
    newRefreshToken(grant) {
      const token = newToken()
      if (refreshTokens.size > MAX_TOKENS) refreshTokens.delete(refreshTokens.keys().next().value ?? '')
      refreshTokens.set(token, grant)
      return token
    },
    takeRefreshToken(token, clientId, spend) {
      const grant = refreshTokens.get(token)
      if (grant?.clientId !== clientId && grant?.clientId !== ANY_CLIENT) return undefined
      if (spend) refreshTokens.delete(token)
      return grant
    },
    isValid(accessToken) {
      const known = accessTokens.get(accessToken)
      return known !== undefined && time() < known.expiresAt
    },
    isOver(accessToken) {
      const known = accessTokens.get(accessToken)
      return over.has(accessToken) || (known !== undefined && time() >= known.expiresAt)
    },
    invalidate,
    expireAll() {
      for (const token of [...accessTokens.keys()]) invalidate(token)
    },
    revoke(token) {
      if (accessTokens.has(token)) {
        invalidate(token)
        return true
      }
      const grant = refreshTokens.get(token)
      if (!grant) return false
      for (const [other, { id }] of refreshTokens) if (id === grant.id) refreshTokens.delete(other)
      for (const [other, known] of accessTokens) if (known.grant.id === grant.id) invalidate(other)
      return true
    },
  }
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
