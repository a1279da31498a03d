import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { runnerCommand } from './runner-command.ts'
import { createRunnerPool } from './runner-pool.ts'
import { type RunnerOutcome, type RunnerProcess, startRunner } from './runner-process.ts'

const MESSAGE = { type: 'run', body: 'done()', names: [], isLegacy: false, timeoutMs: 500 } as const
const frames = fileURLToPath(new URL('./frames.ts', import.meta.url))

/** A process that says it is ready, and at the first script does what `then` says, with `send(head, text)` at hand. */
const pretender = (then: string) => ({
  file: process.execPath,
  args: [
    '--input-type=module',
    '-e',
    `const { encodeFrame } = await import(${JSON.stringify(frames)})
     const send = (head, text) => process.stdout.write(encodeFrame(head, text))
     process.stdin.on('data', () => { ${then} })
     send({ type: 'ready' })`,
  ],
})

const NO_EVENTS = { ready: () => undefined, busy: () => undefined, ending: () => undefined, ended: () => undefined }

let runner: RunnerProcess | undefined
afterEach(() => runner?.kill())

async function outcomeWith(then: string): Promise<{ outcome: RunnerOutcome; reason: string }> {
  const ended = Promise.withResolvers<string>()
  const outcome = await new Promise<RunnerOutcome>((resolve) => {
    const ready = () => void started.run(MESSAGE, '{}', () => undefined).then(resolve)
    const started = startRunner(pretender(then), { ...NO_EVENTS, ready, ended: ended.resolve })
    runner = started
  })
  return { outcome, reason: await ended.promise }
}

describe('a runner that is not what it should be ends, and its script with it', () => {
  test.each<[string, string, RegExp]>([
    ['it exits', 'process.exit(3)', /ended with 3/],
    ['it crashes and says why', 'console.error("FATAL ERROR: heap"); process.abort()', /FATAL ERROR: heap/],
    ['it writes what is no frame', 'process.stdout.write("Segmentation fault, or so it seems\\n")', /cannot be read/],
    [
      'it announces a frame without end',
      'process.stdout.write(Buffer.alloc(8, 0x7f))',
      /a frame of \d+ and \d+ bytes is too large/,
    ],
    ['it sends JSON of its own', 'send({ type: "outcome", kind: "done" })', /cannot be understood/],
    ['it is ready while a script runs', 'send({ type: "ready" })', /ready in the middle of a script/],
    ['it sends a list', 'send([1, 2])', /cannot be understood/],
    [
      'it asks for HTTP with headers that are none',
      'send({ type: "http", id: 1, request: { method: "GET", url: "", headers: [1] } })',
      /cannot be understood/,
    ],
  ])('%s', async (_name, then, why) => {
    const { outcome, reason } = await outcomeWith(then)
    expect(outcome).toMatchObject({ type: 'lost', isLate: false })
    expect(reason).toMatch(why)
  })

  test('it answers nothing', async () => {
    const { outcome, reason } = await outcomeWith('setInterval(() => {}, 1000)')
    expect(outcome).toMatchObject({ type: 'lost', isLate: true })
    expect(reason).toBe('it did not stop in time')
  })
})

describe('what a runner says after an outcome is not said for the next script', () => {
  const OUTCOME = `{ type: 'outcome', kind: 'done', asGiven: [], message: '', console: [], isReady: true }`
  const both = (second: string) =>
    `process.stdout.write(Buffer.concat([encodeFrame(${OUTCOME}, '{"of":1}'), encodeFrame(${second}, '{"of":2}')]))`

  test.each<[string, string, RegExp]>([
    ['a second outcome', OUTCOME, /an outcome of no script/],
    ['that it is ready', '{ type: "ready" }', /it is ready twice/],
    ['what is none of its words', '{ type: "done" }', /cannot be understood/],
  ])('%s', async (_name, second, why) => {
    const happened: string[] = []
    const outcomes: Promise<RunnerOutcome>[] = []
    const reason = await new Promise<string>((ended) => {
      const started = startRunner(pretender(both(second)), {
        ...NO_EVENTS,
        ready() {
          happened.push('ready')
          outcomes.push(started.run(MESSAGE, '{}', () => undefined))
        },
        ending: () => void happened.push('ending'),
        ended,
      })
      runner = started
    })
    expect(reason).toMatch(why)
    expect(happened).toEqual(['ready', 'ending'])
    expect(await Promise.all(outcomes)).toMatchObject([{ type: 'outcome', text: '{"of":1}' }])
  })

  test('a runner that has to end is given nothing in the meantime', async () => {
    let first: Promise<RunnerOutcome> | undefined
    const pool = createRunnerPool({
      command: pretender(
        `send(${OUTCOME}, String(process.pid)); setTimeout(() => process.stdout.write(Buffer.alloc(8, 0x7f)), 50)`,
      ),
      ...{ warm: 1, log: { warn: () => undefined, error: () => undefined }, onBroken: () => undefined },
      onChange: () => {
        first ??= pool.take()?.run(MESSAGE, '{}', () => undefined)
      },
    })
    pool.refill(true, false)
    await expect.poll(() => pool.restarts(), { timeout: 5_000 }).toBe(1)
    await expect.poll(() => pool.idle(), { timeout: 5_000 }).toBeGreaterThan(0)
    const second = await pool.take()?.run(MESSAGE, '{}', () => undefined)
    expect(await first).toMatchObject({ type: 'outcome' })
    expect(second).toMatchObject({ type: 'outcome' })
    expect(second).not.toEqual(await first)
    await pool.close()
  })
})

test('a runner that never starts makes the pool give up until later', async () => {
  const complaints: object[] = []
  const reason = await new Promise<string>((resolve) => {
    const pool = createRunnerPool({
      command: { file: process.execPath, args: ['-e', 'console.error("no such library"); process.exit(1)'] },
      warm: 1,
      log: { warn: () => undefined, error: (facts) => void complaints.push(facts) },
      onChange: () => undefined,
      onBroken: (why) => void pool.close().then(() => resolve(why)),
    })
    pool.refill(true, false)
  })
  expect(reason).toBe('no such library')
  expect(complaints.length).toBeGreaterThanOrEqual(3)
})

test('a runner has no environment and may read, write and start nothing', async () => {
  const { file, args } = runnerCommand()
  const flags = args.filter((arg) => arg.startsWith('--'))
  const attempts = {
    read: "require('node:fs').readFileSync('/etc/hosts')",
    list: "require('node:fs').readdirSync('/')",
    write: "require('node:fs').writeFileSync('/tmp/valence-runner', '')",
    start: "require('node:child_process').execSync('id')",
    thread: "new (require('node:worker_threads').Worker)('1', { eval: true })",
  }
  const code = Object.entries(attempts).map(
    ([name, attempt]) => `try { ${attempt}; r.${name} = 'done' } catch (e) { r.${name} = e.code }`,
  )
  const script = `const r = {}; ${code.join(';')}; console.log(JSON.stringify(r))`
  const { stdout } = await promisify(execFile)(file, [...flags, '-e', script], { env: {} })
  const denied = 'ERR_ACCESS_DENIED'
  expect(JSON.parse(stdout)).toEqual({ read: denied, list: denied, write: denied, start: denied, thread: denied })
})

test.runIf(process.platform === 'linux')(
  'runners end with the hub, also when it is killed while a script loops',
  async () => {
    const create = fileURLToPath(new URL('./create-sandbox.ts', import.meta.url))
    const hub = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `const { createSandbox } = await import(${JSON.stringify(create)})
     const sandbox = createSandbox({ runners: 1, http: () => new Promise(() => {}), log: console })
     const run = (body) => sandbox.run({ owner: 'a', label: 'hook', body, isLegacy: false, variables: {} })
     await run('done()')
     void run('for (;;);')
     setTimeout(() => console.log('looping'), 100)`,
    ])
    await new Promise((resolve) => hub.stdout.once('data', resolve))
    const runners = readFileSync(`/proc/${hub.pid}/task/${hub.pid}/children`, 'utf8').trim().split(' ')
    expect(runners.length).toBeGreaterThan(0)
    hub.kill('SIGKILL')
    await expect.poll(() => runners.filter(isAlive), { timeout: 5_000 }).toEqual([])
  },
)

function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
