import { startValence } from '../../test/support/hub-process.ts'
import { endAll, type TestProcess } from '../../test/support/processes.ts'

export type Role = 'all' | 'api' | 'worker'

/** Several of them start at once on a machine that has much else to do. */
const START_LIMIT_MS = 180_000

/** The processes of one hub, and who kills them. */
export interface Fleet {
  /** `…/elements/api-v2` of those that take requests now */
  apis(): string[]
  /** process ids of those that run now */
  pids(): number[]
  /** SIGKILL for one of those that run, once there is one; it is started again at once, and others may be killed meanwhile */
  killOne(): Promise<Role>
  /** Resolves when all run again. @throws Error when one does not come up */
  complete(): Promise<void>
  /** how long each took to be back */
  backAfterMs: readonly number[]
  /** SIGTERM for all. @throws Error when one does not end well */
  stop(): Promise<void>
  /** SIGKILL for all */
  end(): Promise<void>
}

interface Member {
  role: Role
  /** undefined while it starts */
  up: Running | undefined
  restart: Promise<void>
}

interface Running {
  process: TestProcess
  url: string
}

/** @param env settings that all share; the first process makes the database, before the others start */
export async function startFleet(
  roles: readonly Role[],
  env: Record<string, string>,
  random: () => number,
): Promise<Fleet> {
  const started: TestProcess[] = []
  const members: Member[] = []
  const backAfterMs: number[] = []
  const start = (role: Role) => startProcess(role, env, started)
  const up = () => members.filter((member) => member.up !== undefined)
  const complete = async () => void (await Promise.all(members.map(({ restart }) => restart)))
  const end = () => endAll(started)
  try {
    const [first, ...others] = roles
    if (first) members.push(running(first, await start(first)))
    members.push(...(await Promise.all(others.map(async (role) => running(role, await start(role))))))
  } catch (error) {
    await end()
    throw error
  }
  return {
    apis: () => up().flatMap(({ role, up }) => (up && role !== 'worker' ? [`${up.url}/elements/api-v2`] : [])),
    pids: () => up().flatMap(({ up }) => (up ? [up.process.pid] : [])),
    async killOne() {
      if (up().length === 0) await Promise.race(members.map(({ restart }) => restart))
      const victims = up()
      const victim = victims[Math.floor(random() * victims.length)]
      if (!victim?.up) throw new Error('no process is left to be killed')
      const { process } = victim.up
      victim.up = undefined
      process.signal('SIGKILL')
      await process.ended
      const began = performance.now()
      victim.restart = start(victim.role).then((up) => {
        victim.up = up
        backAfterMs.push(performance.now() - began)
      })
      // whoever waits for all hears of it
      victim.restart.catch(() => undefined)
      return victim.role
    },
    complete,
    backAfterMs,
    async stop() {
      await complete()
      for (const process of members.flatMap(({ up }) => (up ? [up.process] : []))) {
        process.signal('SIGTERM')
        const { code } = await process.ended
        if (code !== 0) throw new Error(`a process ended with ${code}. It printed:\n${process.output()}`)
      }
    },
    end,
  }
}

function running(role: Role, up: Running): Member {
  return { role, up, restart: Promise.resolve() }
}

/** @param started gets the process before it is ready, so that it can be ended whatever happens */
async function startProcess(role: Role, env: Record<string, string>, started: TestProcess[]): Promise<Running> {
  const command = role === 'worker' ? 'worker' : 'serve'
  const process = startValence([command], { ...env, ...(role === 'api' ? { VALENCE_ROLE: role } : {}) })
  started.push(process)
  const [, url = ''] = await process.printed(/^Valence .* on (http:\S+)$/m, START_LIMIT_MS)
  return { process, url }
}
