import { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type Kysely, sql, type Transaction } from 'kysely'
import { Client } from 'pg'
import { databaseUnreachable } from './database-address.ts'
import type { Log, Tables } from './tables.ts'

/** "Something about this row changed": `{ topic: 'user', key: '17' }`. Carries no data; whoever cached the row reads it again. */
export interface Change {
  topic: string
  key: string
}

export type Publish = (change: Change) => void

/**
 * How a change of rows reaches every cache of every process: announced inside the transaction that makes it, delivered here before that
 * transaction's promise settles, elsewhere by PostgreSQL's LISTEN/NOTIFY on a connection of its own. While that connection is down this process
 * cannot hear others, `isListening()` is false and caches stand aside (`cache.ts`).
 */
export interface Changes {
  /** Runs `work` in a transaction of the main pool; what it publishes becomes known with the commit. */
  transaction<T>(work: (trx: Transaction<Tables>, publish: Publish) => Promise<T>): Promise<T>
  /** The same on another pool or with a room's own table types. */
  transactionOn<DB, T>(db: Kysely<DB>, work: (trx: Transaction<DB>, publish: Publish) => Promise<T>): Promise<T>
  /** A change made by this process is heard twice: at its commit and as a notification. @returns a function that ends the subscription */
  on(topic: string, listener: (key: string) => void): () => void
  /** Called after every (re)connection: changes may have been missed, forget everything. @returns a function that ends the subscription */
  onReset(listener: () => void): () => void
  isListening(): boolean
}

const CHANNEL = 'valence_changes'
const RETRY_MIN_MS = 100
const RETRY_MAX_MS = 5_000
const HEARTBEAT_MS = 5_000
/** how long a peer may take to say goodbye */
const HANG_UP_MS = 500

/** The socket is ours, to be able to drop it: the driver cannot give up a connection that is still being made. */
interface Line {
  client: Client
  socket: Socket
}

/**
 * Connects and listens.
 *
 * @param heartbeatMs a peer that vanished without a word (pulled cable) is noticed after at most twice this time
 * @throws ValenceError UNAVAILABLE when the first connection fails; later ones are retried for ever
 */
export async function openChanges({
  url,
  db,
  log,
  heartbeatMs = HEARTBEAT_MS,
}: {
  url: string
  db: Kysely<Tables>
  log: Log
  heartbeatMs?: number
}): Promise<Changes & { close(): Promise<void> }> {
  const listeners = new Map<string, Set<(key: string) => void>>()
  const resetListeners = new Set<() => void>()
  const closing = new AbortController()
  let connection: Line | undefined
  let connecting: Line | undefined
  let reconnecting: Promise<void> | undefined

  const deliver = ({ topic, key }: Change) => {
    for (const listener of listeners.get(topic) ?? []) guarded(() => listener(key))
  }
  const reset = () => {
    for (const listener of resetListeners) guarded(listener)
  }
  /** The row is already committed: a listener that throws must neither hide that nor keep the others from hearing. */
  const guarded = (listener: () => void) => {
    try {
      listener()
    } catch (error) {
      log.error({ err: error }, 'a listener of changes failed')
    }
  }

  await connect().catch((cause) => {
    throw databaseUnreachable(url, cause)
  })
  const heartbeat = setInterval(() => void beat(), heartbeatMs)
  heartbeat.unref()

  return {
    transaction: (work) => transactionOn(db, work),
    transactionOn,
    on(topic, listener) {
      const set = listeners.get(topic) ?? new Set()
      listeners.set(topic, set.add(listener))
      return () => void set.delete(listener)
    },
    onReset(listener) {
      resetListeners.add(listener)
      return () => void resetListeners.delete(listener)
    },
    isListening: () => connection !== undefined,
    async close() {
      closing.abort()
      clearInterval(heartbeat)
      connecting?.socket.destroy()
      const open = connection
      connection = undefined
      if (open) await hangUp(open)
      await reconnecting
    },
  }

  async function transactionOn<DB, T>(
    target: Kysely<DB>,
    work: (trx: Transaction<DB>, publish: Publish) => Promise<T>,
  ): Promise<T> {
    const changes: Change[] = []
    try {
      return await target.transaction().execute(async (trx) => {
        const result = await work(trx, (change) => void changes.push(change))
        if (changes.length > 0) await announce(trx, changes)
        return result
      })
    } finally {
      // Also after a failure: when the connection broke during COMMIT, nobody knows whether it happened. A needless invalidation is harmless.
      for (const change of changes) deliver(change)
    }
  }

  async function connect(): Promise<void> {
    const line = createLine()
    const { client } = line
    let broken: Error | undefined
    const onBroken = (error: Error) => {
      broken ??= error
      lost(line, error)
    }
    client.on('error', onBroken)
    client.on('end', () => onBroken(new Error('connection closed')))
    client.on('notification', ({ payload }) => hear(payload ?? ''))
    connecting = line
    try {
      await client.connect()
      await client.query(`listen ${CHANNEL}`)
      if (broken) throw broken
    } catch (error) {
      await hangUp(line)
      throw error
    } finally {
      connecting = undefined
    }
    if (closing.signal.aborted) return hangUp(line)
    // Listening has begun, so from here nothing is missed; what was cached before may be out of date.
    reset()
    connection = line
  }

  function createLine(): Line {
    const socket = new Socket()
    const client = new Client({
      connectionString: url,
      application_name: 'valence changes',
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
      query_timeout: heartbeatMs,
      stream: () => socket,
    })
    return { client, socket }
  }

  function lost(line: Line, error: Error): void {
    if (connection !== line) return
    connection = undefined
    log.warn({ err: error }, 'lost the connection that hears changes; caches stand aside until it is back')
    void hangUp(line)
    reconnecting = reconnect()
  }

  async function reconnect(): Promise<void> {
    for (let delayMs = RETRY_MIN_MS; !closing.signal.aborted; delayMs = Math.min(delayMs * 2, RETRY_MAX_MS)) {
      try {
        await connect()
        if (connection) log.info('hearing changes again')
        return
      } catch (error) {
        log.warn({ err: error, retryInMs: delayMs }, 'cannot reconnect to hear changes')
      }
      await wait(delayMs * (0.5 + Math.random() / 2), undefined, { signal: closing.signal }).catch(ignoreAbort)
    }
  }

  async function beat(): Promise<void> {
    const line = connection
    if (!line) return
    try {
      await line.client.query('select 1')
    } catch (error) {
      lost(line, error instanceof Error ? error : new Error(String(error)))
    }
  }

  function hear(payload: string): void {
    const change = readChange(payload)
    if (change) {
      deliver(change)
    } else {
      log.warn({ channel: CHANNEL }, 'heard a notification that is not a change; forgetting everything cached')
      reset()
    }
  }

  async function hangUp({ client, socket }: Line): Promise<void> {
    const impatience = setTimeout(() => socket.destroy(), HANG_UP_MS)
    await client.end().catch((error) => log.debug({ err: error }, 'closing the connection that hears changes failed'))
    clearTimeout(impatience)
  }
}

async function announce<DB>(trx: Transaction<DB>, changes: Change[]): Promise<void> {
  const payloads = changes.map(({ topic, key }) => JSON.stringify([topic, key]))
  await sql`select pg_notify(${CHANNEL}, payload) from unnest(${payloads}::text[]) as payload`.execute(trx)
}

function readChange(payload: string): Change | undefined {
  let parts: unknown
  try {
    parts = JSON.parse(payload)
  } catch {
    return undefined // not ours; the caller reports it
  }
  if (!Array.isArray(parts)) return undefined
  const [topic, key]: unknown[] = parts
  return typeof topic === 'string' && typeof key === 'string' ? { topic, key } : undefined
}

function ignoreAbort(error: Error): void {
  if (error.name !== 'AbortError') throw error
}
