import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import { ValenceError } from '../errors.ts'
import { clusterFolder, type DatabaseUser, databaseUser, own, reachableBinaries } from './embedded-account.ts'
import { findBinaries } from './embedded-binaries.ts'

/**
 * The PostgreSQL that a hub starts by itself, and the supervision around it: adopt a server that a crash left running,
 * refuse a folder that another hub uses, stop with the hub. Every failure is one sentence with the way out.
 */
export interface EmbeddedPostgres {
  /** `postgres://user:password@127.0.0.1:port/valence` */
  url: string
  /** false: another hub's server, only used (`shared`) */
  ownsServer: boolean
  /** ends the server, unless it belongs to another hub */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  /** the cluster lives in `<dataDir>/postgres` */
  dataDir: string
  /** server settings, e.g. `{ fsync: 'off' }` in tests */
  settings?: Record<string, string>
  /** for commands beside a running hub: no exclusive use, a running server is left running */
  shared?: boolean
  log?: (line: string) => void
  /** the server ended by itself; the text holds its last words */
  onExit?: (reason: string) => void
}

const SUPERUSER = 'valence'
const DATABASE = 'valence'
/** Advisory lock of the hub that uses the folder; it goes with the connection, so a crash cannot leave it behind. */
const HUB_LOCK = 7_236_184
const START_TIMEOUT_MS = 60_000
/** how long a server that a crash left behind may recover or go away */
const SETTLE_MS = 20_000
const STOP_TIMEOUT_MS = 20_000
const POLL_MS = 25
const LOG_TAIL = 4_000

interface Cluster {
  folder: string
  binaries: string
  user: DatabaseUser | undefined
  password: string
  logFile: string
}

interface Running {
  pid: number
  port: number
  /** started by this call */
  isOurs: boolean
}

/** @throws ValenceError UNAVAILABLE */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined)
  const cluster = await prepareCluster(resolve(options.dataDir), log)
  const running = await runningOrStarted(cluster, options.settings ?? {}, log)
  const url = addressOf(cluster, running.port, DATABASE)
  if (options.shared) {
    const stop = () => (running.isOurs ? stopServer(running.pid, cluster) : Promise.resolve())
    await createDatabase(cluster, running.port)
    return { url, ownsServer: running.isOurs, stop }
  }

  const lock = await lockForHub(cluster, running.port, options.dataDir)
  await createDatabase(cluster, running.port)
  let isStopping = false
  lock.on('error', () => undefined) // `end` follows and says what it means
  lock.on('end', () => {
    if (!isStopping) void lastWords(cluster).then((words) => options.onExit?.(words))
  })
  return {
    url,
    ownsServer: true,
    async stop() {
      isStopping = true
      await lock.end()
      await stopServer(running.pid, cluster)
    },
  }
}

async function prepareCluster(dataDir: string, log: (line: string) => void): Promise<Cluster> {
  await mkdir(dataDir, { recursive: true, mode: 0o711 }).catch((cause) => fail(`cannot create ${dataDir}`, cause))
  const home = await realpath(dataDir)
  const user = await databaseUser()
  const binaries = await reachableBinaries(await findBinaries(), user)
  const folder = await clusterFolder(home, user)
  const password = await readPassword(home, folder)
  const cluster: Cluster = { folder, binaries, user, password, logFile: join(home, 'postgres.log') }
  const version = await clusterVersion(folder)
  if (version === undefined) {
    log(`creating the embedded database in ${folder}`)
    await createCluster(cluster)
  } else {
    await assertVersion(cluster, version)
  }
  return cluster
}

/** One password per folder, made by whoever comes first. A cluster without its password cannot be opened. */
async function readPassword(home: string, folder: string): Promise<string> {
  const path = join(home, 'postgres.password')
  const isNew = (await clusterVersion(folder)) === undefined
  if (isNew) {
    await writeFile(path, `${randomBytes(24).toString('hex')}\n`, { flag: 'wx', mode: 0o600 }).catch((error) => {
      if (error.code !== 'EEXIST') fail(`cannot write ${path}`, error)
    })
  }
  const text = await readFile(path, 'utf8').catch((cause) =>
    fail(`${path} cannot be read; restore it from a backup`, cause),
  )
  const password = text.trim()
  if (!/^[0-9a-f]{48}$/.test(password)) fail(`${path} is damaged; restore it from a backup of the data folder`)
  return password
}

async function clusterVersion(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, 'PG_VERSION'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    return fail(`${folder} cannot be read`, error)
  })
  return text?.trim()
}

async function assertVersion({ binaries, user, folder }: Cluster, version: string): Promise<void> {
  const { output } = await run(join(binaries, 'bin', 'postgres'), ['--version'], user)
  const major = /(\d+)\.\d+/.exec(output)?.[1]
  if (major !== undefined && major !== version) {
    fail(
      `${folder} was made by PostgreSQL ${version}, the embedded one is ${major}; start the version of the hub that made it and move the data with pg_dump, or name another VALENCE_DATA_DIR`,
    )
  }
}

/** Made in a folder beside and renamed when complete: an interrupted `initdb` is never taken for a cluster. */
async function createCluster(cluster: Cluster): Promise<void> {
  const { folder, binaries, user, password } = cluster
  const partial = await mkdtemp(`${folder}.new-`).catch((cause) => fail(`cannot write below ${dirname(folder)}`, cause))
  await own(partial, user)
  const passwordFile = join(partial, 'password')
  try {
    await writeFile(passwordFile, password, { mode: 0o600 })
    await own(passwordFile, user)
    const data = join(partial, 'data')
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    const login = [`--username=${SUPERUSER}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
    const made = await run(join(binaries, 'bin', 'initdb'), ['-D', data, ...locale, ...login], user)
    if (made.code !== 0) fail(`the embedded database could not be created in ${folder}: ${essence(made.output)}`)
    await rename(data, folder).catch((error) => {
      // another process was first; its cluster has the same password
      if (!['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error
    })
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

/** A live server of this folder is used; otherwise one is started, waiting for a crashed one to let go. */
async function runningOrStarted(
  cluster: Cluster,
  settings: Record<string, string>,
  log: (line: string) => void,
): Promise<Running> {
  const deadline = Date.now() + SETTLE_MS
  for (;;) {
    const left = await serverOf(cluster)
    if (left && (await answers(cluster, left.port, deadline))) {
      log(`using the database server ${left.pid} that is running on this folder`)
      return { ...left, isOurs: false }
    }
    const started = await startServer(cluster, settings)
    if ('port' in started) return started
    // the folder is still locked, or another start was faster: look again
    const mayPass = /lock file|shared memory|could not bind|Address already in use/i.test(started.failure)
    if (!mayPass || Date.now() > deadline) {
      fail(
        `the embedded database in ${cluster.folder} did not start: ${essence(started.failure)}; the whole log is ${cluster.logFile}`,
      )
    }
    await wait(100)
  }
}

/** What `postmaster.pid` says, if that process lives and is a PostgreSQL; a number that another program got since is no server. */
async function serverOf({ folder }: Cluster): Promise<{ pid: number; port: number } | undefined> {
  const path = join(folder, 'postmaster.pid')
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!(pid > 0) || !isAlive(pid)) return undefined
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined)
  if (command !== undefined && !command.includes('postgres')) {
    await rm(path, { force: true })
    return undefined
  }
  const port = Number(lines[3])
  return port > 0 ? { pid, port } : undefined
}

/** Whether the server takes our password and serves this very folder. Waits while it starts up or shuts down. */
async function answers(cluster: Cluster, port: number, deadline: number): Promise<boolean> {
  for (;;) {
    const client = new Client({
      connectionString: addressOf(cluster, port, 'postgres'),
      connectionTimeoutMillis: 5_000,
    })
    client.on('error', () => undefined) // the call below rejects with it
    try {
      await client.connect()
      const { rows } = await client.query<{ data_directory: string }>('show data_directory')
      return (await realpath(rows[0]?.data_directory ?? '')) === (await realpath(cluster.folder))
    } catch (error) {
      const { code } = error as { code?: string }
      if (code === '28P01') {
        fail(
          `the server of ${cluster.folder} does not take the password in postgres.password; restore that file from a backup of the data folder`,
        )
      }
      // 57P03: starting up or shutting down; a refused connection: already gone, or not yet there
      if (!['57P03', 'ECONNREFUSED', 'ECONNRESET'].includes(code ?? '')) return false
      if (Date.now() > deadline || (await serverOf(cluster)) === undefined) return false
    } finally {
      await client.end().catch(() => undefined)
    }
    await wait(POLL_MS * 4)
  }
}

async function startServer(cluster: Cluster, settings: Record<string, string>): Promise<Running | { failure: string }> {
  const port = await freePort()
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // paths of sockets have a length limit, and TCP on the loopback does as well
    unix_socket_directories: '',
    logging_collector: 'off',
    log_timezone: 'UTC',
    timezone: 'UTC',
    max_connections: '100',
    ...settings,
  }
  const parameters = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  // a file, not a pipe: the server outlives a crash of this process and must be able to go on logging
  const output = openSync(cluster.logFile, 'w', 0o600)
  const child = spawn(join(cluster.binaries, 'bin', 'postgres'), ['-D', cluster.folder, ...parameters], {
    ...cluster.user,
    cwd: '/',
    env: { LC_ALL: 'C', PATH: '/usr/bin:/bin', ...(process.platform === 'win32' ? process.env : {}) },
    stdio: ['ignore', output, output],
    // Ctrl-C reaches a whole process group; the hub stops the server itself, after its requests
    detached: true,
  })
  closeSync(output)
  const ended = new Promise<Error | undefined>((settle) => {
    child.once('error', settle)
    child.once('exit', () => settle(undefined))
  })
  child.unref()
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!isOver && Date.now() < deadline) {
    if (await accepts(cluster, port)) return { pid: child.pid ?? 0, port, isOurs: true }
    await Promise.race([ended, wait(POLL_MS)])
  }
  if (!isOver) {
    child.kill('SIGQUIT')
    return { failure: `it did not answer within ${START_TIMEOUT_MS / 1000} s` }
  }
  return { failure: (await ended)?.message ?? (await lastWords(cluster)) }
}

async function accepts(cluster: Cluster, port: number): Promise<boolean> {
  const client = new Client({ connectionString: addressOf(cluster, port, 'postgres'), connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined) // the call below rejects with it
  try {
    await client.connect()
    return true
  } catch {
    return false // not yet; the caller waits until the process ends or time is up
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** @throws ValenceError UNAVAILABLE when another hub holds the folder; its server is left alone */
async function lockForHub(cluster: Cluster, port: number, dataDir: string): Promise<Client> {
  const client = new Client({
    connectionString: addressOf(cluster, port, 'postgres'),
    application_name: 'valence hub lock',
    keepAlive: true,
  })
  await client.connect().catch((cause) => fail(`the embedded database of ${dataDir} went away during the start`, cause))
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [HUB_LOCK])
  if (rows[0]?.locked) return client
  await client.end()
  return fail(
    `the data folder ${dataDir} is in use by another hub that is running; stop that one, or start this one with another VALENCE_DATA_DIR`,
  )
}

async function createDatabase(cluster: Cluster, port: number): Promise<void> {
  const client = new Client({ connectionString: addressOf(cluster, port, 'postgres') })
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (rowCount === 0) await client.query(`create database ${DATABASE}`)
  } catch (error) {
    // made by another start in between
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error
  } finally {
    await client.end()
  }
}

/** Fast shutdown: connections are cut, everything committed is on disk. */
async function stopServer(pid: number, cluster: Cluster): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGINT', STOP_TIMEOUT_MS],
    ['SIGQUIT', 5_000],
  ] as const) {
    if (!isAlive(pid)) return
    process.kill(pid, signal)
    const deadline = Date.now() + patienceMs
    while (Date.now() < deadline) {
      if (!isAlive(pid)) return
      await wait(POLL_MS)
    }
  }
  fail(`the embedded database (process ${pid}) in ${cluster.folder} did not stop; its log is ${cluster.logFile}`)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isZombie(pid)
}

/** An adopted server's parent is gone; in a container nobody may be there to take note of its end. */
function isZombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false // no /proc on this system
  }
}

function addressOf({ password }: Cluster, port: number, database: string): string {
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`
}

function freePort(): Promise<number> {
  return new Promise((settle, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => settle(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

function run(
  program: string,
  parameters: string[],
  user: DatabaseUser | undefined,
): Promise<{ code: number | null; output: string }> {
  return new Promise((settle) => {
    const child = spawn(program, parameters, {
      ...user,
      cwd: '/',
      env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const collect = (chunk: Buffer) => {
      output = (output + String(chunk)).slice(-LOG_TAIL)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', (error) => settle({ code: null, output: error.message }))
    child.once('close', (code) => settle({ code, output }))
  })
}

async function lastWords({ logFile }: Cluster): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '')
  return text.slice(-LOG_TAIL).trim() || 'it said nothing'
}

/** The line that says why: the last FATAL, PANIC or error, without its time stamp. */
function essence(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const line = lines.findLast((entry) => /FATAL|PANIC|error/i.test(entry)) ?? lines.at(-1) ?? 'it said nothing'
  return line.replace(/^.*?(?:FATAL|PANIC|error):\s*/i, '').trim()
}

function fail(problem: string, cause?: unknown): never {
  const reason = cause instanceof Error ? ` (${cause.message})` : ''
  throw new ValenceError('UNAVAILABLE', `${problem}${reason}`, { cause })
}
