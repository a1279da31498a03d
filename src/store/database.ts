import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, type PostgresQueryResult } from 'kysely'
import { Pool, type PoolClient, type PoolConfig, types } from 'pg'
import { ValenceError } from '../errors.ts'
import { type Changes, openChanges } from './changes.ts'
import { type Cipher, createCipher, createSealer } from './cipher.ts'
import { connectOnce } from './connect-once.ts'
import { openDataKeys } from './data-keys.ts'
import { reasonOf } from './database-address.ts'
import type { KeyRing } from './key-ring.ts'
import type { Log, Tables } from './tables.ts'

/**
 * The store: connections, encryption and the news of changes; it knows no room's tables. Start reading here; `migrate.ts` makes the schema,
 * `cipher.ts` seals, `changes.ts` and `cache.ts` keep what processes remember in step with the rows.
 */
export interface Store {
  /** main pool; statements end after 30 s */
  db: Kysely<Tables>
  /**
   * A small pool of its own for credential row locks, which are held while a vendor answers a token call: slow vendors
   * must not take the connections of everybody else.
   */
  credentialDb: Kysely<Tables>
  changes: Changes
  cipher: Cipher
  /** the ring behind `cipher`, for key rotation */
  keyRing: KeyRing
  stats(): StoreStats
  close(): Promise<void>
}

export interface StoreStats {
  main: PoolStats
  credential: PoolStats
  /** whether changes made by other processes are heard */
  listening: boolean
}

/** connections, and callers that wait for one */
export interface PoolStats {
  max: number
  total: number
  idle: number
  waiting: number
}

const CONNECTION_TIMEOUT_MS = 10_000
/** whoever holds one of these waits for a vendor: `instances/slots.ts` lets fewer in than there are */
export const CREDENTIAL_POOL_SIZE = 8
/**
 * Longer than an update or a deletion may take that asks for tokens and runs the element's own resources, each with a
 * time limit of its own: only a lost process is cut off.
 */
const CREDENTIAL_TIMEOUT_MS = 300_000

/**
 * Opens the migrated database (`migrate` first).
 *
 * @param url `postgres://…`
 * @param poolSize connections of the main pool; 8 more for credentials and 1 that listens come on top
 * @throws ValenceError UNAVAILABLE when it cannot be reached, INTERNAL when the key ring does not belong to it
 */
export async function openStore({
  url,
  keyRing,
  log,
  poolSize = 16,
}: {
  url: string
  keyRing: KeyRing
  log: Log
  poolSize?: number
}): Promise<Store> {
  const main = openPool(url, log, {
    max: poolSize,
    application_name: 'valence',
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 60_000,
  })
  const credential = openPool(url, log, {
    max: CREDENTIAL_POOL_SIZE,
    application_name: 'valence credentials',
    statement_timeout: CREDENTIAL_TIMEOUT_MS,
    idle_in_transaction_session_timeout: CREDENTIAL_TIMEOUT_MS,
  })
  const closePools = () => Promise.all([main.end(), credential.end()])
  try {
    await connectOnce(main, url)
    const db = kyselyOver(main)
    const sealer = createSealer(keyRing)
    const cipher = createCipher(sealer, await openDataKeys(db, sealer))
    const changes = await openChanges({ url, db, log })
    changes.on('key-ring', () => keyRing.reload())
    // a rotation may have been announced while nobody here could hear it
    changes.onReset(() => keyRing.reload())
    return {
      db,
      credentialDb: kyselyOver(credential),
      changes,
      cipher,
      keyRing,
      stats: () => ({ main: statsOf(main), credential: statsOf(credential), listening: changes.isListening() }),
      async close() {
        await changes.close()
        await closePools()
      },
    }
  } catch (error) {
    await closePools()
    throw error
  }
}

function openPool(url: string, log: Log, config: PoolConfig): Pool {
  const pool = new Pool({
    ...config,
    connectionString: url,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    types: { getTypeParser: parserOf },
  })
  const report = (error: Error) =>
    log.warn({ err: error, pool: config.application_name }, 'a database connection broke')
  pool.on('error', () => {
    // an idle connection; the listener on the connection itself reports it
  })
  // Also while a transaction holds it between two statements: without a listener Node would end the process.
  pool.on('connect', (client) => client.on('error', report))
  return pool
}

/** Kysely over a pool whose failure to give a connection says what is the matter. */
function kyselyOver(pool: Pool): Kysely<Tables> {
  const explained: PostgresPool = {
    async connect() {
      try {
        return explainLoss(await pool.connect())
      } catch (cause) {
        throw noConnection(pool, cause)
      }
    },
    end: () => pool.end(),
    options: pool.options,
  }
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: explained }) })
}

/** Its queries fail with UNAVAILABLE when the connection went away under them, so that callers know to try again. */
function explainLoss(client: PoolClient): PostgresPoolClient {
  return {
    // statements with their values are all that is run here
    async query<R>(text: unknown, values?: readonly unknown[]): Promise<PostgresQueryResult<R>> {
      const statement = { text: text as string, values: values as unknown[] }
      const name = keptName(statement.text)
      try {
        const answer = await client.query(name === undefined ? statement : { ...statement, name })
        return answer as unknown as PostgresQueryResult<R>
      } catch (cause) {
        throw isConnectionLoss(cause) ? connectionLost(cause) : (refusal(cause) ?? cause)
      }
    },
    release: (destroy?: boolean) => client.release(destroy),
    get processID() {
      return (client as { processID?: number }).processID
    },
  } as PostgresPoolClient
}

/**
 * A statement that begins with `/* kept:room.verb *\/` is planned once for each connection, under that name. For those that run all the time, take
 * longer to plan than to run, and have one text.
 */
function keptName(text: string): string | undefined {
  return text.startsWith(KEPT) ? text.slice(KEPT.length, text.indexOf(' ', KEPT.length)) : undefined
}

const KEPT = '/* kept:'

/** Class 08 and the shutdowns of class 57 (PostgreSQL appendix A), errors of the socket, and the driver's own two texts. */
function isConnectionLoss(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string }
  return (
    /^(08\w{3}|57P0[123]|ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT)$/.test(code ?? '') ||
    /^(Connection terminated|Client has encountered a connection error)/.test(message ?? '')
  )
}

/** What is nobody's mistake and may work another time (PostgreSQL appendix A). */
const REFUSALS: Readonly<Record<string, string>> = {
  '57014': 'the database took too long to answer; ask for less, or try again later',
  '40P01': 'two changes got in the way of each other; try again',
}

function refusal(cause: unknown): ValenceError | undefined {
  const message = REFUSALS[(cause as { code?: string }).code ?? '']
  return message === undefined ? undefined : new ValenceError('UNAVAILABLE', message, { cause })
}

function connectionLost(cause: unknown): ValenceError {
  return new ValenceError('UNAVAILABLE', 'the connection to the database was lost; try again later', { cause })
}

/** Callers of the API read this message: it does not say where the database is, the cause does. */
function noConnection(pool: Pool, cause: unknown): ValenceError {
  const { max, total, idle, waiting } = statsOf(pool)
  // the driver says nothing but this; a refused connection fails at once and is another matter
  const isExhausted = /^timeout exceeded/.test(reasonOf(cause)) && total >= max && idle === 0
  const message = isExhausted
    ? `no database connection became free within ${CONNECTION_TIMEOUT_MS / 1000} s: all ${max} are in use and ${waiting} more callers wait`
    : 'the database does not answer; try again later'
  return new ValenceError('UNAVAILABLE', message, { cause })
}

function statsOf(pool: Pool): PoolStats {
  return { max: pool.options.max, total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }
}

/** Timestamps arrive as `Date`; a date without time stays text ("2019-04-02"), because a `Date` would shift it by the local time zone. */
const PARSERS: Record<number, (text: string) => unknown> = {
  [types.builtins.INT8]: readInt8,
  [types.builtins.DATE]: (text) => text,
}

const parserOf: typeof types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  PARSERS[oid] ?? types.getTypeParser(oid, format as 'text')

/** Counts and ids as numbers; the driver's default is text. */
function readInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} does not fit a JavaScript number`)
  return value
}
