import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FromParent, ToParent } from './parent.ts'

const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 15_000

/** A process of the bench, seen from the one that measures. */
export interface Child {
  /** what it reported when it was ready */
  facts: Record<string, string>
  /** processor time used since its start, in ms */
  cpuMs(): Promise<number>
  stop(): Promise<void>
}

/**
 * @param file beside this one
 * @param nodeOptions for example `--cpu-prof`
 * @throws Error when it ends or stays silent before it is ready
 */
export async function startChild(
  file: string,
  args: readonly string[],
  nodeOptions: readonly string[] = [],
): Promise<Child> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    execArgv: [...nodeOptions],
    stdio: 'inherit',
  })
  const exit = once(child, 'exit')
  const ask = async (question: FromParent | undefined, limitMs: number): Promise<ToParent> => {
    const limit = AbortSignal.timeout(limitMs)
    const ended = exit.then(([code, signal]) => {
      throw new Error(`${file} ended by itself (${code ?? signal})`)
    })
    const answer = once(child, 'message', { signal: limit }).then(([message]) => message as ToParent)
    if (question) child.send(question)
    return Promise.race([answer, ended])
  }
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const tooLate = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    if (child.connected) child.send('stop' satisfies FromParent)
    await exit
    clearTimeout(tooLate)
  }
  try {
    const ready = await ask(undefined, START_LIMIT_MS)
    return {
      facts: ready.kind === 'ready' ? ready.facts : {},
      async cpuMs() {
        const answer = await ask('cpu', START_LIMIT_MS)
        return answer.kind === 'cpu' ? answer.microseconds / 1000 : 0
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
