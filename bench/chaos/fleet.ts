import { startValence } from '../../test/support/hub-process.ts'
import { endAll, type TestProcess } from '../../test/support/processes.ts'

export type Role = 'all' | 'api' | 'worker'

/** The processes of one hub, and who kills them. */
export interface Fleet {
  /** `…/elements/api-v2` of those that take requests now */
  apis(): string[]
  /** SIGKILL for one of them, which is then started again. @returns its role and how long it took to be back */
  killOne(): Promise<{ role: Role; backAfterMs: number }>
  /** SIGTERM for all. @throws Error when one does not end well */
  stop(): Promise<void>
  /** SIGKILL for all */
  end(): Promise<void>
}

interface Member {
  role: Role
  process: TestProcess
  url: string
  isUp: boolean
}

/** @param env settings that all share; the first process makes the database, before the others start */
export async function startFleet(
  roles: readonly Role[],
  env: Record<string, string>,
  random: () => number,
): Promise<Fleet> {
  const members: Member[] = []
  for (const role of roles) members.push(await startMember(role, env))
  return {
    apis: () =>
      members.filter(({ role, isUp }) => isUp && role !== 'worker').map(({ url }) => `${url}/elements/api-v2`),
    async killOne() {
      const at = Math.floor(random() * members.length)
      const victim = members[at]!
      victim.isUp = false
      victim.process.signal('SIGKILL')
      await victim.process.ended
      const began = performance.now()
      members[at] = await startMember(victim.role, env)
      return { role: victim.role, backAfterMs: performance.now() - began }
    },
    async stop() {
      for (const member of members) {
        member.process.signal('SIGTERM')
        const { code } = await member.process.ended
        if (code !== 0) throw new Error(`a process ended with ${code}. It printed:\n${member.process.output()}`)
      }
    },
    end: () => endAll(members.map(({ process }) => process)),
  }
}

async function startMember(role: Role, env: Record<string, string>): Promise<Member> {
  const command = role === 'worker' ? 'worker' : 'serve'
  const process = startValence([command], { ...env, ...(role === 'api' ? { VALENCE_ROLE: role } : {}) })
  const [, url = ''] = await process.printed(/^Valence .* on (http:\S+)$/m, 60_000)
  return { role, process, url, isUp: true }
}
