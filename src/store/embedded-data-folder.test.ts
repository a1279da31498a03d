import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { isAlive } from './embedded-process.ts'

const FAST = { fsync: 'off', full_page_writes: 'off' }
const NOBODY = { uid: 65534, gid: 65534 }
const isRoot = process.getuid?.() === 0

let base = ''
const started: EmbeddedPostgres[] = []
const children: ChildProcess[] = []

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'valence-data-folder-'))
  await chmod(base, 0o711) // the database's user passes through
})
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop()
  for (const child of children.splice(0)) await end(child)
})
afterAll(() => rm(base, { recursive: true, force: true }))

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, settings: FAST })
  started.push(server)
  return server
}

async function answerOf({ url }: EmbeddedPostgres, statement: string): Promise<unknown> {
  const client = new Client(url)
  await client.connect()
  try {
    return (await client.query<{ answer: unknown }>(statement)).rows[0]?.answer
  } finally {
    await client.end()
  }
}

async function pidOf(folder: string): Promise<number> {
  return Number((await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n')[0])
}

async function waitForEnd(pid: number): Promise<void> {
  const deadline = Date.now() + 10_000
  while (isAlive(pid)) {
    if (Date.now() > deadline) throw new Error(`process ${pid} is still there`)
    await wait(10)
  }
}

/** Starts in a process of its own and prints the outcome; a line on its input is run there. */
function startInChild(dataDir: string, { umask = '022', ...identity }: { umask?: string; uid?: number; gid?: number }) {
  const code = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(new URL('embedded-postgres.ts', import.meta.url).href)})
    const outcome = await startEmbeddedPostgres({ dataDir: process.argv[1], settings: ${JSON.stringify(FAST)} })
      .then((server) => ((globalThis.server = server), 'started'), (error) => error.message)
    process.stdin.once('data', (text) => eval(String(text)))
    console.log(outcome)`
  const words = [process.execPath, '--input-type=module', '-e', code, dataDir]
  const child = spawn('/bin/sh', ['-c', `umask ${umask}; exec "$@"`, 'sh', ...words], {
    ...identity,
    cwd: '/',
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  children.push(child)
  const said = new Promise<string>((settle, reject) => {
    child.stdout.once('data', (chunk) => settle(String(chunk).trim()))
    child.once('error', reject)
  })
  return { child, said }
}

async function end(child: ChildProcess, by = 'server.stop().then(() => process.exit())'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((settle) => child.once('exit', settle))
  child.stdin?.write(`${by}\n`)
  await ended
}

test('a second start takes less than a second', async () => {
  const dataDir = join(base, 'twice')
  await (await start(dataDir)).stop()
  const times: number[] = []
  for (let attempt = 1; attempt <= 3; attempt++) {
    const begin = performance.now()
    const server = await start(dataDir)
    times.push(performance.now() - begin)
    await server.stop()
  }
  expect(Math.min(...times)).toBeLessThan(1_000) // the best of them: the machine may be busy with other things
})

for (const name of ['-dash', `größe データ 'quotes" $HOME back\\slash;#%41`]) {
  test(`a data folder named ${name} works twice`, async () => {
    const dataDir = join(base, name)
    const first = await start(dataDir)
    await answerOf(first, 'create table kept as select 1 as answer')
    await first.stop()
    expect(await answerOf(await start(dataDir), 'table kept')).toBe(1)
  })
}

test('a data folder reached through a link is the same folder', async () => {
  const [real, link] = [join(base, 'real'), join(base, 'link')]
  await mkdir(real, { mode: 0o711 })
  await symlink(real, link)
  const hub = await start(link)
  await expect(start(real)).rejects.toThrow('in use by another running hub')
  expect(await answerOf(hub, 'select 1 as answer')).toBe(1)
  expect(await readdir(real)).toContain('postgres')
})

test('a database that was moved to another disk behind a link goes on', async () => {
  const [dataDir, elsewhere] = [join(base, 'moved'), join(base, 'other-disk')]
  const first = await start(dataDir)
  await answerOf(first, 'create table kept as select 1 as answer')
  await first.stop()
  await mkdir(elsewhere, { mode: 0o711 })
  await rename(join(dataDir, 'postgres'), join(elsewhere, 'postgres'))
  await symlink(join(elsewhere, 'postgres'), join(dataDir, 'postgres'))
  const again = await start(dataDir)
  expect(await answerOf(again, 'table kept')).toBe(1)
  await expect(start(dataDir)).rejects.toThrow('in use by another running hub')
})

test('a data folder that is a file is explained', async () => {
  const path = join(base, 'file')
  await writeFile(path, '')
  await expect(start(path)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: `the data folder ${path} cannot be created (file already exists); name another VALENCE_DATA_DIR`,
  })
})

for (const [name, last] of [
  ['process.exit', 'process.exit(3)'],
  ['an uncaught error', 'setImmediate(() => { throw new Error("a bug") })'],
] as const) {
  test(`a hub that ends by ${name} takes its server along`, async () => {
    const dataDir = join(base, `ends by ${name}`)
    const { child, said } = startInChild(dataDir, {})
    expect(await said).toBe('started')
    const pid = await pidOf(join(dataDir, 'postgres'))
    await end(child, last)
    await waitForEnd(pid)
  })
}

describe.skipIf(!isRoot)('an ordinary user', () => {
  test('is told when the data folder cannot be made', async () => {
    const parent = join(base, 'of-root')
    await mkdir(parent)
    expect(await startInChild(join(parent, 'data'), NOBODY).said).toBe(
      `the data folder ${parent}/data cannot be created (permission denied); name another VALENCE_DATA_DIR`,
    )
  })

  test('is told when the data folder cannot be written', async () => {
    const dataDir = join(base, 'read-only')
    await mkdir(dataDir)
    expect(await startInChild(dataDir, NOBODY).said).toMatch(
      /^the data folder .*read-only cannot be written \(permission denied\); make it writable for the user that starts/,
    )
  })

  test('runs the server himself, also with a strict umask', async () => {
    const dataDir = join(base, 'of-nobody')
    await mkdir(dataDir, { mode: 0o700 })
    await chown(dataDir, NOBODY.uid, NOBODY.gid)
    const { said } = startInChild(dataDir, { ...NOBODY, umask: '077' })
    expect(await said).toBe('started')
    expect((await stat(join(dataDir, 'postgres'))).uid).toBe(NOBODY.uid)
  })

  test('without an entry among the users of the machine is told so', async () => {
    const dataDir = join(base, 'of-a-number')
    await mkdir(dataDir, { mode: 0o700 })
    await chown(dataDir, 54321, 54321)
    expect(await startInChild(dataDir, { uid: 54321, gid: 54321 }).said).toMatch(
      /could not be created in .*user ID 54321/,
    )
  })
})

test.skipIf(!isRoot)('root with a strict umask: the database goes where its user can go', async () => {
  const dataDir = join(base, 'made-by-root')
  const { child, said } = startInChild(dataDir, { umask: '077' })
  expect(await said).toBe('started')
  await end(child)
  const location = await readFile(join(dataDir, 'postgres.location'), 'utf8').catch(() => '')
  if (location === '') return
  expect(await readFile(join(dirname(location.trim()), 'belongs-to'), 'utf8')).toBe(`${dataDir}\n`)
  await rm(dirname(location.trim()), { recursive: true })
})
