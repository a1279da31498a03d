import type { LookupFunction } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { buildConnector, Pool } from 'undici'
import { ValenceError } from '../errors.ts'
import type { ClientIdentity } from '../model/exchange.ts'
import { fingerprintOf } from './client-fingerprint.ts'
import type { EgressPolicy } from './egress-policy.ts'
import { CONNECT_TIMEOUT_MS } from './failures.ts'
import { guardedLookup } from './guarded-lookup.ts'
import type { OriginMap } from './origin-map.ts'

/** How long a connection may lie idle when the vendor's `keep-alive` header does not ask for less. */
const IDLE_MS = 30_000
const TLS_MIN_VERSION = 'TLSv1.2'
const DEFAULT_CONNECTIONS = 128
const DEFAULT_ORIGINS = 256

/** Where the requests for one true origin go. */
export interface Route {
  /** origin and path prefix that are connected to; the true origin itself unless it is mapped */
  target: string
  /** what precedes every path, '' or '/prefix' */
  prefix: string
  pool: Pool
}

export interface Routes {
  /**
   * @param origin a true origin as `URL.origin` gives it; judged on the first use, remembered until the map changes for it
   * @param identity certificate and key to show; its connections are for this identity alone
   * @throws ValenceError EGRESS_REFUSED, CONFIGURATION_INVALID for a certificate that cannot be used
   */
  routeTo(origin: string, identity?: ClientIdentity): Route
  size(): number
  /** Lets running requests finish for `graceMs`, then cuts them off. */
  close(graceMs: number): Promise<void>
}

export interface RouteOptions {
  policy: EgressPolicy
  originMap: OriginMap
  lookup: LookupFunction
  maxConnectionsPerOrigin?: number | undefined
  /** beyond it the pool that was unused for longest is closed, an idle one first; its running requests finish */
  maxOrigins?: number | undefined
}

interface Entry extends Route {
  /** what the origin map said */
  mapped: string | undefined
  lastUse: number
}

export function createRoutes(options: RouteOptions): Routes {
  const { policy, originMap, lookup } = options
  const { maxConnectionsPerOrigin = DEFAULT_CONNECTIONS, maxOrigins = DEFAULT_ORIGINS } = options
  const entries = new Map<string, Entry>()
  const retired = new Map<Pool, Promise<unknown>>()
  let uses = 0

  function open(origin: string, mapped: string | undefined, identity: ClientIdentity | undefined): Entry {
    const target = mapped ?? origin
    const { hostname, port, protocol, origin: targetOrigin } = new URL(target)
    const portNumber = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
    // what counts is how the target was reached: its own address stays as closed as any
    const judged = mapped === undefined ? guardedLookup(policy, lookup, hostname, portNumber) : lookup
    const pool = new Pool(targetOrigin, {
      connections: maxConnectionsPerOrigin,
      // a connection carries one request at a time, so one slow answer holds up no other
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: IDLE_MS,
      connect: connector(judged, identity && contextOf(identity)),
    })
    return { target, prefix: target.slice(targetOrigin.length), pool, mapped, lastUse: 0 }
  }

  function retire(pool: Pool): void {
    retired.set(
      pool,
      pool.close().finally(() => retired.delete(pool)),
    )
  }

  function makeRoom(): void {
    if (entries.size < maxOrigins) return
    const byUse = [...entries].sort(([, a], [, b]) => a.lastUse - b.lastUse)
    const [key, entry] = byUse.find(([, { pool }]) => pool.stats.size === 0) ?? byUse[0] ?? []
    if (key === undefined || entry === undefined) return
    entries.delete(key)
    retire(entry.pool)
  }

  return {
    routeTo(origin, identity) {
      const mapped = originMap.get(origin)
      const key = identity === undefined ? origin : `${origin} ${fingerprintOf(identity)}`
      let entry = entries.get(key)
      if (entry !== undefined && entry.mapped !== mapped) {
        entries.delete(key)
        retire(entry.pool)
        entry = undefined
      }
      if (entry === undefined) {
        entry = open(origin, mapped, identity)
        makeRoom()
        entries.set(key, entry)
      }
      entry.lastUse = ++uses
      return entry
    },
    size: () => entries.size,
    async close(graceMs) {
      for (const { pool } of entries.values()) retire(pool)
      entries.clear()
      let timer: NodeJS.Timeout | undefined
      const grace = new Promise((resolve) => {
        timer = setTimeout(resolve, graceMs)
      })
      await Promise.race([Promise.all(retired.values()), grace])
      clearTimeout(timer)
      await Promise.all([...retired.keys()].map((pool) => pool.destroy()))
      retired.clear()
    },
  }
}

/**
 * Opens connections. Certificates are always verified, whatever NODE_TLS_REJECT_UNAUTHORIZED says, and against the host
 * of the address, whatever `host` header the request carries (undici would take that one as the server's name).
 */
function connector(lookup: LookupFunction, secureContext: SecureContext | undefined): buildConnector.connector {
  const connect = buildConnector({
    allowH2: false,
    timeout: CONNECT_TIMEOUT_MS,
    rejectUnauthorized: true,
    minVersion: TLS_MIN_VERSION,
    lookup,
    ...(secureContext === undefined ? {} : { secureContext }),
  })
  return ({ servername: _ofHeader, ...address }, callback) => connect(address, callback)
}

function contextOf({ cert, key }: ClientIdentity): SecureContext {
  try {
    return createSecureContext({ cert, key, minVersion: TLS_MIN_VERSION })
  } catch (cause) {
    throw new ValenceError('CONFIGURATION_INVALID', 'The client certificate and its key cannot be used for TLS', {
      cause,
    })
  }
}
