import { randomBytes } from 'node:crypto'
import { Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Instance } from '../instances/instance.ts'
import type { Caller } from '../model/account.ts'
import { parseAuthorization } from './authorization-header.ts'

/** In whose name the hub calls itself. */
export interface PlatformGrant {
  caller: Caller
  instance: Instance | undefined
  /** how many such calls wait for this one or led to it */
  depth: number
}

/**
 * What stands in the Authorization header of a call that the hub makes to itself. It is in the memory of this process only, of 256 random bits, good
 * for the one request that shows it first, and of no use through a socket.
 */
export interface PlatformCredentials {
  /** @returns and what takes it back when no request ever showed it */
  issue(grant: PlatformGrant): { authorization: string; revoke(): void }
  /** @returns undefined for any other request, whatever its header says */
  grantOf(request: FastifyRequest): PlatformGrant | undefined
}

const PREFIX = 'vpc-'

export function createPlatformCredentials(): PlatformCredentials {
  const unused = new Map<string, PlatformGrant>()
  const granted = new WeakMap<object, PlatformGrant>()
  return {
    issue(grant) {
      const word = PREFIX + randomBytes(32).toString('base64url')
      unused.set(word, grant)
      const token = grant.instance ? `, Element ${word}` : ''
      return {
        authorization: `User ${word}, Organization ${word}${token}`,
        revoke: () => void unused.delete(word),
      }
    },
    grantOf({ raw, headers }) {
      const present = granted.get(raw)
      if (present || unused.size === 0 || (raw.socket as unknown) instanceof Socket) return present
      const { user = '' } = parseAuthorization(headers.authorization) ?? {}
      const grant = user.startsWith(PREFIX) ? unused.get(user) : undefined
      if (!grant) return undefined
      unused.delete(user)
      granted.set(raw, grant)
      return grant
    },
  }
}
