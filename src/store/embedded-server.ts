import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { readdir, readFile, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import { type Cluster, SUPERUSER } from './embedded-cluster.ts'
import { essence, unavailable, wayOutOf } from './embedded-failure.ts'
import { asUser, isAlive, programEnvironment, run } from './embedded-process.ts'

/** A server that accepts connections to a cluster. */
export interface Server {
  pid: number
  port: number
  /** by this call, not found running */
  isStartedHere: boolean
}

type Log = (line: string) => void

/** how long a crashed server's processes and lock file may take to go away */
const SETTLE_MS = 20_000
/** Recovery after a crash makes progress however long it takes; an end by us would only begin it anew. */
const RECOVERY_MS = 600_000
const PROGRESS_MS = 10_000
const POLL_MS = 10
const STOP_STEPS: [NodeJS.Signals, number][] = [
  ['SIGINT', 30_000], // fast shutdown: cuts connections, writes a checkpoint
  ['SIGQUIT', 5_000], // at once; the next start recovers
  ['SIGKILL', 5_000],
]
const LOG_TAIL = 4_000

/** Output of a start that another start or a server on its way out may explain. */
const MAY_PASS =
  /lock file "[^"]*" already exists|lock file "[^"]*" is empty|pre-existing shared memory block|could not bind|could not create any TCP\/IP sockets|Address already in use/i

/**
 * Uses the live server of the cluster, or starts one, after waiting for a server that recovers or goes away. Two starts at
 * once are settled by PostgreSQL's own lock file: the slower one finds the other's server.
 *
 * @throws ValenceError UNAVAILABLE
 */
export async function findOrStartServer(cluster: Cluster, settings: Record<string, string>, log: Log): Promise<Server> {
  const deadline = Date.now() + SETTLE_MS
  for (;;) {
    const found = await awaitFoundServer(cluster, log)
    if (found) {
      log(`using the database server ${found.pid} that runs on ${cluster.folder}`)
      return { ...found, isStartedHere: false }
    }
    await setAsideStaleFile(cluster)
    const started = await startServer(cluster, settings, log)
    if ('port' in started) return started
    if (!MAY_PASS.test(started.failure) || Date.now() > deadline) {
      throw unavailable(
        `the embedded database in ${cluster.folder} did not start: ${essence(started.failure)}`,
        wayOutOf(started.failure, `read ${cluster.logFile}, or set DATABASE_URL`),
      )
    }
    await wait(100)
  }
}

interface PostmasterFile {
  pid: number
  port: number
  isReady: boolean
}

/** Lines of `postmaster.pid`: pid, folder, start time, port, socket folder, address, shared memory, state. */
async function readPostmasterFile({ folder }: Cluster): Promise<PostmasterFile | undefined> {
  const text = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number(lines[0])
  return pid > 0 ? { pid, port: Number(lines[3] ?? 0), isReady: lines[7]?.trim() === 'ready' } : undefined
}

async function liveServer(cluster: Cluster): Promise<PostmasterFile | undefined> {
  const file = await readPostmasterFile(cluster)
  return file && (await isServerOf(file.pid, cluster)) ? file : undefined
}

/** Another program may have got the number since, e.g. in a container that was started anew. */
async function isServerOf(pid: number, { folder }: Cluster): Promise<boolean> {
  if (!isAlive(pid)) return false
  if (process.platform === 'win32') return true // PostgreSQL itself asks by a named pipe; we ask by connecting
  if (process.platform !== 'linux') {
    const { output } = await run('ps', ['-p', String(pid), '-o', 'comm='])
    return basename(output.trim()).startsWith('postgres')
  }
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === folder // a server works in its folder
  } catch {
    // root in a container may not be allowed to look
    return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim() === 'postgres'
  }
}

/** The live server once it accepts connections; undefined when there is none, or no longer. */
async function awaitFoundServer(cluster: Cluster, log: Log): Promise<PostmasterFile | undefined> {
  const begin = Date.now()
  let nextProgress = begin + PROGRESS_MS
  for (;;) {
    const file = await liveServer(cluster)
    if (!file) return undefined
    if (file.isReady && (await serves(cluster, file.port))) return file
    const patienceMs = file.isReady ? SETTLE_MS : RECOVERY_MS
    if (Date.now() - begin > patienceMs) {
      throw unavailable(
        `the database server of ${cluster.folder} (process ${file.pid}) runs but does not answer on port ${file.port}`,
        'end that process and start again',
      )
    }
    if (Date.now() > nextProgress) {
      log(`waiting for the database server ${file.pid}, which recovers or goes away`)
      nextProgress += PROGRESS_MS
    }
    await wait(POLL_MS * 5)
  }
}

/**
 * Whether the server takes our password and serves this very folder.
 *
 * @throws ValenceError UNAVAILABLE when it refuses the password
 */
async function serves(cluster: Cluster, port: number): Promise<boolean> {
  let client: Client | undefined
  try {
    client = await connect(cluster, port)
    const { rows } = await client.query<{ data_directory: string }>('show data_directory')
    return (await realpath(rows[0]?.data_directory ?? '')) === cluster.folder
  } catch (error) {
    if ((error as { code?: string }).code !== '28P01') return false // not yet, or no longer; the caller looks again
    throw unavailable(
      `the database in ${cluster.folder} does not accept the password in ${join(cluster.dataDir, 'postgres.password')}`,
      'restore that file from a backup of the data folder',
    )
  } finally {
    await client?.end().catch(() => undefined) // its answer is known; a broken connection is closed too
  }
}

/** A connection of the superuser to the maintenance database; errors of an idle connection reach only its `end` event. */
export async function connect(cluster: Cluster, port: number, application = 'valence supervisor'): Promise<Client> {
  const client = new Client({
    connectionString: addressOf(cluster, port, 'postgres'),
    ssl: false,
    application_name: application,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  })
  client.on('error', () => undefined) // `end` follows
  try {
    await client.connect()
    return client
  } catch (error) {
    await client.end().catch(() => undefined) // the connection error is what counts
    throw error
  }
}

/** `postgres://user:password@127.0.0.1:port/database?sslmode=disable`: a PGSSLMODE in the environment is for other servers */
export function addressOf({ password }: Cluster, port: number, database: string): string {
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}?sslmode=disable`
}

/**
 * PostgreSQL itself replaces a lock file whose process is gone, but not one whose number another program has got, or one
 * that a crash left empty. Renamed and read again, not removed: if a server wrote a new one in between, it gets it back.
 */
async function setAsideStaleFile(cluster: Cluster): Promise<void> {
  const path = join(cluster.folder, 'postmaster.pid')
  const age = await stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => undefined,
  )
  if (age === undefined) return
  const file = await readPostmasterFile(cluster)
  const isStale = file ? isAlive(file.pid) && !(await isServerOf(file.pid, cluster)) : age > 5_000
  if (!isStale) return
  const aside = `${path}.stale-${randomBytes(4).toString('hex')}`
  await rename(path, aside).catch(() => undefined) // gone: nothing is in the way
  const renamed = Number((await readFile(aside, 'utf8').catch(() => '')).split('\n')[0])
  if (renamed > 0 && (await isServerOf(renamed, cluster))) await rename(aside, path)
  else await rm(aside, { force: true })
}

async function startServer(
  cluster: Cluster,
  settings: Record<string, string>,
  log: Log,
): Promise<Server | { failure: string }> {
  const port = await freePort()
  const attemptLog = `${cluster.logFile}.start-${process.pid}-${randomBytes(4).toString('hex')}`
  const child = launch(cluster, { ...ownSettings(port), ...settings }, attemptLog)
  let isOver = false
  const ended = new Promise<string>((settle) => {
    child.once('error', (error) => settle(error.message))
    child.once('exit', (code, signal) => settle(`it ended with ${signal ?? `code ${code}`}`))
  }).finally(() => {
    isOver = true
  })
  const abandon = () => child.kill('SIGINT') // the hub is ended meanwhile; later on its supervision does that
  process.once('exit', abandon)
  void ended.then(() => process.off('exit', abandon))
  const begin = Date.now()
  let nextProgress = begin + PROGRESS_MS
  for (;;) {
    const file = await readPostmasterFile(cluster)
    const isOurs = file && (IS_WINDOWS ? file.port === port : file.pid === child.pid)
    if (file && isOurs && file.isReady) {
      const isServing = await serves(cluster, port).catch(async (error) => {
        await stopServer(cluster, file.pid)
        throw error
      })
      if (isServing) {
        await keepLog(cluster, attemptLog)
        child.unref()
        process.off('exit', abandon)
        return { pid: file.pid, port, isStartedHere: true }
      }
    }
    if (isOver && !(IS_WINDOWS && isOurs)) break
    if (Date.now() - begin > RECOVERY_MS) {
      child.kill('SIGQUIT')
      await ended
      break
    }
    if (Date.now() > nextProgress) {
      log(`waiting for the database server ${child.pid} to recover`)
      nextProgress += PROGRESS_MS
    }
    await Promise.race([ended, wait(POLL_MS)])
  }
  const words = (await readFile(attemptLog, 'utf8').catch(() => '')).slice(-LOG_TAIL)
  if (MAY_PASS.test(words)) await rm(attemptLog, { force: true })
  else await keepLog(cluster, attemptLog)
  return { failure: words.trim() || (await ended) }
}

const IS_WINDOWS = process.platform === 'win32'

/** The log stays small: failed statements are told to their callers, and may quote their values. */
function ownSettings(port: number): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // paths of sockets have a length limit, and the loopback does as well
    unix_socket_directories: '',
    logging_collector: 'off',
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
    log_timezone: 'UTC',
    timezone: 'UTC',
    max_connections: '100',
  }
}

/**
 * Output goes to a file, not a pipe: the server outlives a crash of this process. A process group of its own, because
 * Ctrl-C reaches the whole group and the hub ends the server itself, after its requests.
 */
function launch(cluster: Cluster, settings: Record<string, string>, logFile: string) {
  const parameters = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  // on Windows only pg_ctl can give up an administrator's rights, without which PostgreSQL refuses to run
  const [program, given] = IS_WINDOWS
    ? ['pg_ctl', ['start', '-w', '-D', cluster.folder, '-o', parameters.map((text) => `-c "${text}"`).join(' ')]]
    : ['postgres', ['-D', cluster.folder, ...parameters.flatMap((text) => ['-c', text])]]
  const output = openSync(logFile, 'a', 0o600)
  try {
    return spawn(join(cluster.programs, 'bin', program as string), given as string[], {
      ...asUser(cluster.user),
      env: programEnvironment(),
      stdio: ['ignore', output, output],
      detached: !IS_WINDOWS,
      windowsHide: true,
    })
  } finally {
    closeSync(output)
  }
}

/** The log of the server that runs, or of the last failure, has the known name; one more is kept. */
async function keepLog({ logFile }: Cluster, attemptLog: string): Promise<void> {
  await rename(logFile, `${logFile}.1`).catch(() => undefined) // the first one
  await rename(attemptLog, logFile)
  const attempts = `${basename(logFile)}.start-`
  for (const name of await readdir(dirname(logFile))) {
    const pid = Number(name.startsWith(attempts) ? name.slice(attempts.length).split('-')[0] : Number.NaN)
    if (pid > 0 && !isAlive(pid)) await rm(join(dirname(logFile), name), { force: true })
  }
}

/** The last lines that the server wrote. */
export async function lastWords({ logFile }: Cluster): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '')
  return text.slice(-LOG_TAIL).trim().split('\n').slice(-12).join('\n') || 'it said nothing'
}

/**
 * Ends the server and waits until its process is gone: fast, then at once, then by force.
 *
 * @throws ValenceError UNAVAILABLE when it stays
 */
export async function stopServer(cluster: Cluster, pid: number): Promise<void> {
  if (!(await isServerOf(pid, cluster))) return
  for (const [signal, patienceMs] of STOP_STEPS) {
    await signalServer(cluster, pid, signal)
    const deadline = Date.now() + patienceMs
    while (Date.now() < deadline) {
      if (!isAlive(pid)) return
      await wait(POLL_MS)
    }
  }
  throw unavailable(
    `the database server of ${cluster.folder} (process ${pid}) did not stop`,
    `end that process; its log is ${cluster.logFile}`,
  )
}

/** The last resort of a process that ends without waiting: asks the server to end, if it is still ours. */
export function dismissServer({ folder }: Cluster, pid: number): void {
  try {
    const named = Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0])
    if (named === pid) process.kill(pid, 'SIGINT')
  } catch (error) {
    // the file or the process is gone: so is the server
    if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

async function signalServer({ programs, folder }: Cluster, pid: number, signal: NodeJS.Signals): Promise<void> {
  if (IS_WINDOWS && signal !== 'SIGKILL') {
    // signals of Node end a process on Windows without a word
    const mode = signal === 'SIGINT' ? 'fast' : 'immediate'
    await run(join(programs, 'bin', 'pg_ctl'), ['stop', '-D', folder, '-m', mode, '-W'])
    return
  }
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw unavailable(`the database server ${pid} cannot be stopped`, 'end that process', error)
    }
  }
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
