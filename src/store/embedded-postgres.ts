import { setTimeout as wait } from 'node:timers/promises'
import type { Client } from 'pg'
import { ValenceError } from '../errors.ts'
import { type Cluster, openCluster } from './embedded-cluster.ts'
import { unavailable } from './embedded-failure.ts'
import { isLastCommand, lockForCommand, lockForHub } from './embedded-locks.ts'
import { isAlive } from './embedded-process.ts'
import {
  addressOf,
  connect,
  dismissServer,
  findOrStartServer,
  lastWords,
  type Server,
  stopServer,
} from './embedded-server.ts'

/**
 * The PostgreSQL that a hub starts by itself, and the supervision around it: adopt a server that a crash left running,
 * refuse a folder that another hub uses, stop with the hub. Every failure is one sentence with the way out.
 *
 * Start reading here. `embedded-cluster.ts` finds or makes the files, `embedded-binaries.ts` the programs,
 * `embedded-account.ts` the user, `embedded-server.ts` starts and stops, `embedded-locks.ts` says who uses it.
 */
export interface EmbeddedPostgres {
  /** `postgres://user:password@127.0.0.1:port/valence?sslmode=disable` */
  url: string
  /** false: found running by a command (`shared`), and used only */
  ownsServer: boolean
  /** ends the server, unless somebody else uses it; may be called again */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  /** the database lives in `<dataDir>/postgres` (see `embedded-cluster.ts` for root) */
  dataDir: string
  /** server settings, e.g. `{ fsync: 'off' }` in tests; a server found running keeps its own */
  settings?: Record<string, string>
  /** for commands beside a running hub: no exclusive use; the server goes with its last user */
  shared?: boolean
  log?: (line: string) => void
  /** the server ended by itself, or another hub got the folder; the text says how, with the last lines of its log */
  onExit?: (reason: string) => void
}

type Log = (line: string) => void

const DATABASE = 'valence'
/** how often a server may go away between its start and the first lock, because others stop theirs */
const ATTEMPTS = 20
/** how long the server may take to come back after it restarted its processes */
const RELOCK_MS = 60_000

/** @throws ValenceError UNAVAILABLE */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined)
  const settings = options.settings ?? {}
  const cluster = await openCluster(options.dataDir, settings['fsync'] !== 'off', log)
  const take = options.shared ? takeForCommand : takeForHub
  const { server, client } = await takeServer(cluster, settings, log, take)
  const stop = options.shared
    ? () => leaveServer(cluster, server, client)
    : superviseServer(cluster, server, client, log, options.onExit ?? (() => undefined))
  let stopping: Promise<void> | undefined
  const stopOnce = () => {
    stopping ??= stop()
    return stopping
  }
  try {
    await createDatabase(client)
  } catch (cause) {
    await stopOnce()
    throw unavailable(
      `the database "${DATABASE}" could not be created in ${cluster.folder}`,
      `read ${cluster.logFile}, or set DATABASE_URL`,
      cause,
    )
  }
  return {
    url: addressOf(cluster, server.port, DATABASE),
    ownsServer: !options.shared || server.isStartedHere,
    stop: stopOnce,
  }
}

/** A server and the connection that holds our claim to it. */
interface Taken {
  server: Server
  client: Client
}

/** Finds or starts a server and claims it; again when it went away in between, because its last user just left. */
async function takeServer(
  cluster: Cluster,
  settings: Record<string, string>,
  log: Log,
  take: (client: Client, cluster: Cluster) => Promise<boolean>,
): Promise<Taken> {
  let reason: unknown
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const server = await findOrStartServer(cluster, settings, log)
    let client: Client | undefined
    try {
      client = await connect(cluster, server.port, 'valence')
      if (await take(client, cluster)) return { server, client }
    } catch (error) {
      if (error instanceof ValenceError) {
        await client?.end()
        throw error
      }
      reason = error
    }
    await client?.end().catch(() => undefined) // broken with its server
    await wait(100)
  }
  throw unavailable(`the embedded database in ${cluster.folder} goes away at every start`, 'start again', reason)
}

/** The server of a refused start stays: whoever holds the folder uses it. */
async function takeForHub(client: Client, { dataDir }: Cluster): Promise<boolean> {
  if (await lockForHub(client)) return true
  throw unavailable(
    `the data folder ${dataDir} is in use by another running hub`,
    'stop that one, or start this one with another VALENCE_DATA_DIR',
  )
}

function takeForCommand(client: Client): Promise<boolean> {
  return lockForCommand(client)
}

async function leaveServer(cluster: Cluster, server: Server, client: Client): Promise<void> {
  try {
    if (await isLastCommand(client)) await stopServer(cluster, server.pid)
  } catch (error) {
    if (error instanceof ValenceError) throw error
    // the connection broke: its hub has ended the server
  } finally {
    await client.end().catch(() => undefined) // broken with its server
  }
}

/**
 * Keeps the hub's lock for the life of the server. A crash of one database process makes PostgreSQL restart all of them,
 * which costs the connection, not the server: the lock is taken anew.
 *
 * @returns what ends the server; the lock is held until the end, or a starting hub could take the server meanwhile
 */
function superviseServer(
  cluster: Cluster,
  server: Server,
  first: Client,
  log: Log,
  onExit: (reason: string) => void,
): () => Promise<void> {
  let client = first
  let isStopping = false
  /** by another hub, which ends the server from now on */
  let isTaken = false

  const watch = (watched: Client) => {
    client = watched
    watched.once('end', () => {
      if (!isStopping) void relock()
    })
  }

  const lockAgain = async () => {
    const again = await connect(cluster, server.port, 'valence')
    const isLocked = await lockForHub(again).catch(() => undefined) // broken again
    if (isLocked) watch(again)
    else await again.end()
    return isLocked
  }

  const relock = async () => {
    const deadline = Date.now() + RELOCK_MS
    while (!isStopping && isAlive(server.pid)) {
      const isLocked = await lockAgain().catch(() => undefined) // still restarting; looked at again
      if (isLocked === false) {
        isTaken = true
        return report(`another hub took the data folder ${cluster.dataDir}`)
      }
      if (isLocked) return log('the database server restarted its processes; the folder is locked again')
      if (Date.now() > deadline) return report(`process ${server.pid} runs but does not answer`)
      await wait(100)
    }
    if (!isStopping) report(`process ${server.pid} is gone; its last lines: ${await lastWords(cluster)}`)
  }

  // a hub that ends by an uncaught error or process.exit takes its server along
  const dismiss = () => dismissServer(cluster, server.pid)
  const report = (reason: string) => {
    process.off('exit', dismiss) // it is gone, or another hub's
    if (!isStopping) onExit(reason)
  }

  process.once('exit', dismiss)
  watch(first)
  return async () => {
    isStopping = true
    if (!isTaken) await stopServer(cluster, server.pid)
    process.off('exit', dismiss)
    await client.end().catch(() => undefined) // broken with its server
  }
}

async function createDatabase(client: Client): Promise<void> {
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (rowCount === 0) await client.query(`create database ${DATABASE}`)
  } catch (error) {
    // made by another command in between
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error
  }
}
