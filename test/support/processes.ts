import { type ChildProcess, spawn } from 'node:child_process'

/** A child process of a test and everything it printed. */
export interface TestProcess {
  pid: number
  /** both streams in the order of arrival */
  output(): string
  /** The first match in the output, at once or when it appears; fails when the process ends or `patienceMs` pass without it. */
  printed(pattern: RegExp, patienceMs?: number): Promise<RegExpExecArray>
  ended: Promise<Ending>
  /** Sends the signal; does nothing once the process has ended. */
  signal(name: NodeJS.Signals): void
}

export interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
}

const PATIENCE_MS = 30_000
/** What a hub must not inherit from whoever runs the tests: its settings come from the test alone. */
const SETTING = /^(VALENCE_|DATABASE_URL$|NODE_OPTIONS$|PG[A-Z]+$|VITEST|NODE_ENV$)/

/** Starts the Node that runs the tests. @param env added to the surroundings, from which settings of the hub are removed */
export function startNode(parameters: readonly string[], env: Record<string, string> = {}): TestProcess {
  const child = spawn(process.execPath, parameters, {
    env: { ...withoutSettings(process.env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      for (const listener of listeners) listener()
    })
  }
  const ended = endingOf(child)
  return {
    pid: child.pid ?? 0,
    output: () => text,
    ended,
    signal(name) {
      if (child.exitCode === null && child.signalCode === null) child.kill(name)
    },
    printed(pattern, patienceMs = PATIENCE_MS) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(text)
          if (found) settle(() => resolve(found))
        }
        const settle = (act: () => void) => {
          clearTimeout(timer)
          listeners.delete(look)
          act()
        }
        const giveUp = (why: string) =>
          settle(() => reject(new Error(`${why} before it printed ${pattern}. It printed:\n${text}`)))
        const timer = setTimeout(() => giveUp(`${patienceMs} ms passed`), patienceMs)
        listeners.add(look)
        void ended.then(({ code, signal }) => {
          look()
          giveUp(`the process ended (code ${code}, signal ${signal})`)
        }, giveUp)
        look()
      })
    },
  }
}

/** Kills what still runs and waits for the end. For `afterAll` and `finally`. */
export async function endAll(processes: Iterable<TestProcess>): Promise<void> {
  await Promise.all(
    [...processes].map((process) => {
      process.signal('SIGKILL')
      return process.ended
    }),
  )
}

/** `close` comes after `exit`, when both streams have been read to their end. */
function endingOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
}

function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !SETTING.test(name)))
}
