import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type EmbeddedOptions, type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { isAlive } from './embedded-process.ts'

const FAST = { fsync: 'off', full_page_writes: 'off' }
const isRoot = process.getuid?.() === 0

let base = ''
/** a data folder with a stopped database: copies of it are made faster than new ones */
let prototype = ''
const started: EmbeddedPostgres[] = []
const children: ChildProcess[] = []

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'valence-embedded-'))
  await chmod(base, 0o711) // root's server runs as another user, who must be able to pass
  prototype = newFolder()
  await (await startEmbeddedPostgres({ dataDir: prototype, settings: FAST })).stop()
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const server of started.splice(0)) await server.stop()
})
afterAll(() => rm(base, { recursive: true, force: true }))

let folders = 0
function newFolder(): string {
  folders++
  return join(base, `data-${folders}`)
}

async function madeFolder(): Promise<string> {
  const dataDir = newFolder()
  await promisify(execFile)('cp', ['-a', prototype, dataDir]) // fs.cp would lose the owner
  return dataDir
}

async function start(dataDir: string, options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, settings: FAST, ...options })
  started.push(server)
  return server
}

async function query<Row extends object>({ url }: { url: string }, statement: string): Promise<Row[]> {
  const client = new Client(url)
  await client.connect()
  try {
    return (await client.query<Row>(statement)).rows
  } finally {
    await client.end()
  }
}

async function pidOf(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0])
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`did not come true within 15 s: ${isTrue}`)
    await wait(5)
  }
}

/** A Node process of its own that starts the server and prints what it got, then waits to be ended. */
function startInChild(dataDir: string, identity: { uid?: number; gid?: number } = {}) {
  const code = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(new URL('embedded-postgres.ts', import.meta.url).href)})
    try {
      const server = await startEmbeddedPostgres({ dataDir: process.argv[1], settings: ${JSON.stringify(FAST)} })
      process.once('SIGTERM', () => server.stop())
      console.log(JSON.stringify({ url: server.url }))
    } catch (error) {
      console.log(JSON.stringify({ failure: error.message }))
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, dataDir], {
    ...identity,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const said = new Promise<{ url: string; failure?: string }>((settle, reject) => {
    child.stdout.once('data', (chunk) => settle(JSON.parse(String(chunk))))
    child.once('error', reject)
  })
  const ended = new Promise<void>((settle) => child.once('exit', () => settle()))
  return { child, said, ended }
}

describe('a hub alone', () => {
  test('the first start makes a database, the second finds it with its rows; nothing runs in between', async () => {
    const dataDir = newFolder()
    const first = await start(dataDir)
    expect(first.ownsServer).toBe(true)
    expect(first.url).toMatch(/^postgres:\/\/valence:[0-9a-f]{48}@127\.0\.0\.1:\d+\/valence\?sslmode=disable$/)
    await query(first, `create table kept as select 'yes' as answer`)
    const pid = await pidOf(dataDir)
    await first.stop()
    await first.stop()
    expect(isAlive(pid)).toBe(false)

    const second = await start(dataDir)
    expect(await query(second, 'table kept')).toEqual([{ answer: 'yes' }])
    await second.stop()
    expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres.log', 'postgres.log.1', 'postgres.password'])
  })

  test('only the owner can read it, only this machine can connect, texts sort the same everywhere', async () => {
    const dataDir = await madeFolder()
    const server = await start(dataDir)
    expect((await stat(join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700)
    expect((await stat(join(dataDir, 'postgres.password'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(dataDir, 'postgres.log'))).mode & 0o777).toBe(0o600)
    const port = new URL(server.url).port
    for (const { address, internal, family } of Object.values(networkInterfaces()).flatMap((all) => all ?? [])) {
      if (internal || family !== 'IPv4') continue
      await expect(query({ url: server.url.replace('127.0.0.1', address) }, 'select 1')).rejects.toThrow(/ECONNREFUSED/)
    }
    await expect(query({ url: `postgres://valence:wrong@127.0.0.1:${port}/valence` }, 'select 1')).rejects.toThrow(
      'password authentication failed',
    )
    expect(await query(server, `select x, upper(x) as up from unnest(array['b', 'é', 'A', 'a']) x order by x`)).toEqual(
      [
        { x: 'A', up: 'A' },
        { x: 'a', up: 'A' },
        { x: 'b', up: 'B' },
        { x: 'é', up: 'É' },
      ],
    )
    const locale = `select datlocprovider::text, datlocale, datcollate, datctype, pg_encoding_to_char(encoding) as encoding from pg_database where datname = 'valence'`
    expect(await query(server, locale)).toEqual([
      { datlocprovider: 'b', datlocale: 'C.UTF-8', datcollate: 'C', datctype: 'C', encoding: 'UTF8' },
    ])
  })

  test('a server that outlived its killed hub is adopted and stops with the next one', async () => {
    const dataDir = await madeFolder()
    const { child, said, ended } = startInChild(dataDir)
    const { url } = await said
    const pid = await pidOf(dataDir)
    child.kill('SIGKILL')
    await ended
    expect(isAlive(pid)).toBe(true)

    const lines: string[] = []
    const next = await start(dataDir, { log: (line) => lines.push(line) })
    expect(next).toMatchObject({ url, ownsServer: true })
    expect(lines).toEqual([expect.stringContaining(`using the database server ${pid}`)])
    await next.stop()
    expect(isAlive(pid)).toBe(false)
  })

  test('a hub and its server killed together are followed by a start that recovers', async () => {
    const dataDir = await madeFolder()
    const { child, said, ended } = startInChild(dataDir)
    await query(await said, `create table kept as select 1 as answer`)
    process.kill(await pidOf(dataDir), 'SIGKILL')
    child.kill('SIGKILL')
    await ended
    expect(await query(await start(dataDir), 'table kept')).toEqual([{ answer: 1 }])
  })

  test('an interrupted creation is not taken for a database and leaves nothing', async () => {
    const dataDir = newFolder()
    const { child, ended } = startInChild(dataDir)
    await until(async () => (await readdir(dataDir).catch(() => [])).some((name) => name.startsWith('postgres.new-')))
    await until(async () => {
      const partial = (await readdir(dataDir)).find((name) => name.startsWith('postgres.new-')) ?? ''
      return existsSync(join(dataDir, partial, 'data', 'PG_VERSION'))
    })
    child.kill('SIGKILL')
    await ended
    expect(await readdir(dataDir)).not.toContain('postgres')
    const server = await start(dataDir)
    expect(await query(server, 'select 1 as answer')).toEqual([{ answer: 1 }])
    expect((await readdir(dataDir)).filter((name) => name.includes('.new-'))).toEqual([])
  })

  test('the end of the server is told with its last lines', async () => {
    const dataDir = await madeFolder()
    const exit = Promise.withResolvers<string>()
    const server = await start(dataDir, { onExit: exit.resolve })
    const pid = await pidOf(dataDir)
    process.kill(pid, 'SIGINT')
    const reason = await exit.promise
    expect(reason).toContain(`process ${pid} is gone`)
    expect(reason).toContain('received fast shutdown request')
    await server.stop()
  })

  test('a crash of one connection is no end: the server restarts and the folder stays locked', async () => {
    const dataDir = await madeFolder()
    const reasons: string[] = []
    const lines: string[] = []
    const server = await start(dataDir, { onExit: (reason) => reasons.push(reason), log: (line) => lines.push(line) })
    const client = new Client(server.url)
    client.on('error', () => undefined) // it is killed
    await client.connect()
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    process.kill(rows[0]?.pid ?? Number.NaN, 'SIGKILL')
    await until(() => lines.some((line) => line.includes('locked again')))
    await expect(start(dataDir)).rejects.toThrow('in use by another running hub')
    expect(reasons).toEqual([])
  })
})

describe('several on one folder', () => {
  let dataDir = ''
  beforeAll(async () => {
    dataDir = await madeFolder()
  })

  test('a second hub is refused in one sentence and the first goes on', async () => {
    const first = await start(dataDir)
    await expect(start(dataDir)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: `the data folder ${dataDir} is in use by another running hub; stop that one, or start this one with another VALENCE_DATA_DIR`,
    })
    expect(await query(first, 'select 1 as answer')).toEqual([{ answer: 1 }])
  })

  test('a command beside a hub uses its server and leaves it running', async () => {
    const hub = await start(dataDir)
    const command = await start(dataDir, { shared: true })
    expect(command).toMatchObject({ url: hub.url, ownsServer: false })
    await command.stop()
    expect(await query(hub, 'select 1 as answer')).toEqual([{ answer: 1 }])
  })

  test('a command alone starts a server and stops it', async () => {
    const command = await start(dataDir, { shared: true })
    expect(command.ownsServer).toBe(true)
    const pid = await pidOf(dataDir)
    await command.stop()
    expect(isAlive(pid)).toBe(false)
  })

  test('of several commands the last one stops the server', async () => {
    const [first, second] = [await start(dataDir, { shared: true }), await start(dataDir, { shared: true })]
    const pid = await pidOf(dataDir)
    await first.stop()
    expect(await query(second, 'select 1 as answer')).toEqual([{ answer: 1 }])
    await second.stop()
    expect(isAlive(pid)).toBe(false)
  })

  test('a hub that starts during a command keeps the server when the command ends', async () => {
    const command = await start(dataDir, { shared: true })
    const hub = await start(dataDir)
    await command.stop()
    expect(await query(hub, 'select 1 as answer')).toEqual([{ answer: 1 }])
  })

  test('a hub that starts while a command ends gets a server', async () => {
    const command = await start(dataDir, { shared: true })
    const [, hub] = await Promise.all([command.stop(), start(dataDir)])
    expect(await query(hub, 'select 1 as answer')).toEqual([{ answer: 1 }])
  })

  for (const [name, folder] of [
    ['a new folder', () => newFolder()],
    ['an existing database', () => dataDir],
  ] as const) {
    test(`of two hubs started at once on ${name} exactly one wins, and its server goes on`, async () => {
      const path = folder()
      const here = start(path).then(
        (server) => ({ url: server.url, failure: undefined }),
        (error) => ({ url: '', failure: error.message }),
      )
      const there = startInChild(path)
      const outcomes = [await here, await there.said]
      const losers = outcomes.filter(({ failure }) => failure !== undefined)
      expect(losers.map(({ failure }) => failure)).toEqual([expect.stringContaining('in use by another running hub')])
      const winner = outcomes.find(({ failure }) => failure === undefined)
      expect(await query({ url: winner?.url ?? '' }, 'select 1 as answer')).toEqual([{ answer: 1 }])
      const pid = await pidOf(path)
      for (const server of started.splice(0)) await server.stop()
      there.child.kill('SIGTERM')
      await there.ended
      expect(isAlive(pid)).toBe(false)
    })
  }
})

describe('folders in disorder', () => {
  let dataDir = ''
  let lockFile = ''
  let passwordFile = ''
  let password = ''
  beforeAll(async () => {
    dataDir = await madeFolder()
    lockFile = join(dataDir, 'postgres', 'postmaster.pid')
    passwordFile = join(dataDir, 'postgres.password')
    password = await readFile(passwordFile, 'utf8')
  })

  async function refusal(folder = dataDir): Promise<string> {
    const outcome = await start(folder).then(
      () => 'it started',
      (error) => `${error.code}: ${error.message}`,
    )
    expect(existsSync(lockFile)).toBe(false) // no server stays behind
    return outcome.replaceAll(base, '…')
  }

  for (const [name, damage] of [
    ['is cut off', () => writeFile(passwordFile, 'abc')],
    ['is missing', () => rm(passwordFile)],
    ['holds another password', () => writeFile(passwordFile, 'f'.repeat(48))],
  ] as const) {
    test(`a password file that ${name} is explained`, async () => {
      await damage()
      expect(await refusal()).toMatch(
        /^UNAVAILABLE: the database.*postgres\.password.*; restore (it|that file) from a backup/,
      )
      await writeFile(passwordFile, password, { mode: 0o600 })
      expect(await query(await start(dataDir), 'select 1 as answer')).toEqual([{ answer: 1 }])
    })
  }

  test('a lock file whose number another program has got is no obstacle', async () => {
    await writeFile(lockFile, `${process.pid}\n${join(dataDir, 'postgres')}\n1\n5432\n\n127.0.0.1\n\nready   \n`)
    if (isRoot) await giveToOwner(lockFile)
    expect(await query(await start(dataDir), 'select 1 as answer')).toEqual([{ answer: 1 }])
  })

  test('a lock file that a crash left empty is no obstacle', async () => {
    await writeFile(lockFile, '')
    if (isRoot) await giveToOwner(lockFile)
    await utimes(lockFile, 1_700_000_000, 1_700_000_000)
    expect(await query(await start(dataDir), 'select 1 as answer')).toEqual([{ answer: 1 }])
  })

  async function giveToOwner(path: string): Promise<void> {
    const { uid, gid } = await stat(dirname(path))
    await chown(path, uid, gid)
  }

  test('a database of another major version is refused by both numbers', async () => {
    const path = join(dataDir, 'postgres', 'PG_VERSION')
    await writeFile(path, '17\n')
    expect(await refusal()).toMatch(/was made by PostgreSQL 17, the embedded one is 18; start the version of the hub/)
    await writeFile(path, '18\n')
  })

  test('a setting that the server does not accept is explained with its own words', async () => {
    await expect(start(dataDir, { settings: { max_connections: 'many' } })).rejects.toThrow(
      /did not start: invalid value for parameter "max_connections": "many"; read .*postgres\.log/,
    )
    expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).toContain('many')
  })

  test('a folder with other things in the place of the database is left alone', async () => {
    const folder = newFolder()
    await mkdir(join(folder, 'postgres'), { recursive: true })
    await writeFile(join(folder, 'postgres', 'letters.txt'), 'dear Ada')
    expect(await refusal(folder)).toMatch(
      /postgres is no database and not empty \(it holds "letters\.txt"\); move it away/,
    )
  })

  test('a database that is gone from where its note says is not replaced by an empty one', async () => {
    const folder = newFolder()
    await mkdir(folder)
    await writeFile(join(folder, 'postgres.location'), join(base, 'nowhere'))
    expect(await refusal(folder)).toMatch(
      /says that the database is in …\/nowhere, but there is none; restore that folder/,
    )
  })

  test('a data folder that cannot be made is explained', async () => {
    await writeFile(join(base, 'a-file'), '')
    expect(await refusal(join(base, 'a-file', 'data'))).toBe(
      'UNAVAILABLE: the data folder …/a-file/data cannot be created (not a directory); name another VALENCE_DATA_DIR',
    )
  })
})

describe.skipIf(!isRoot)('started by root', () => {
  test('a data folder where only root can go keeps its database elsewhere and finds it again', async () => {
    const closed = newFolder()
    await mkdir(closed, { mode: 0o700 })
    const dataDir = join(closed, 'data')
    const first = await start(dataDir)
    const location = (await readFile(join(dataDir, 'postgres.location'), 'utf8')).trim()
    try {
      await query(first, `create table kept as select 1 as answer`)
      await first.stop()
      expect((await stat(closed)).mode & 0o777).toBe(0o700)
      expect(location.startsWith(base)).toBe(false)
      expect((await stat(location)).uid).not.toBe(0)

      await rm(join(dataDir, 'postgres.location')) // as if a crash had come before it
      const second = await start(dataDir)
      expect(await query(second, 'table kept')).toEqual([{ answer: 1 }])
      await second.stop()
    } finally {
      await first.stop()
      await rm(dirname(location), { recursive: true, force: true })
    }
  })

  test('the server runs as an ordinary user without the groups and the environment of root', async () => {
    const dataDir = await madeFolder()
    await start(dataDir)
    const pid = await pidOf(dataDir)
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const { uid, gid } = await stat(join(dataDir, 'postgres'))
    expect(uid).toBeGreaterThan(0)
    expect(/^Uid:\t(.*)$/m.exec(status)?.[1]).toBe(Array(4).fill(uid).join('\t'))
    expect(
      (/^Groups:\t(.*)$/m.exec(status)?.[1] ?? '').split(' ').filter((id) => id !== '' && id !== String(gid)),
    ).toEqual([])
    const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').map((entry) => entry.split('=')[0])
    const own = environment.filter((name) => name && !/^(LC_|PG)/.test(name))
    expect(own.sort()).toEqual(['HOME', 'PATH'])
  })

  test('an ordinary user runs his own, and root goes on with it as that user', async () => {
    const dataDir = newFolder()
    await mkdir(dataDir, { mode: 0o700 })
    await chown(dataDir, 65534, 65534)
    const { child, said, ended } = startInChild(dataDir, { uid: 65534, gid: 65534 })
    const server = await said
    expect(server.failure).toBeUndefined()
    expect(await query(server, 'select 1 as answer')).toEqual([{ answer: 1 }])
    const pid = await pidOf(dataDir)
    child.kill('SIGTERM')
    await ended
    expect(isAlive(pid)).toBe(false)

    expect(await query(await start(dataDir), 'select 1 as answer')).toEqual([{ answer: 1 }])
    expect((await stat(join(dataDir, 'postgres'))).uid).toBe(65534)
    await started.pop()?.stop()
    expect((await startInChild(dataDir, { uid: 65534, gid: 65534 }).said).failure).toBeUndefined()
    await until(async () => (await start(dataDir, { shared: true })).ownsServer === false)
  })

  test('an ordinary user is told when the database belongs to somebody else', async () => {
    const dataDir = await madeFolder()
    const { failure } = await startInChild(dataDir, { uid: 65534, gid: 65534 }).said
    expect(failure).toMatch(/cannot be read \(permission denied\); start the hub as the user that made it/)
  })
})
