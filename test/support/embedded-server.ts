import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** A data folder for a hub with the embedded database, seen from outside the hub. */
export interface EmbeddedFolder {
  dataDir: string
  /** `postgres://…` of the server that runs on it now */
  url(): Promise<string>
  /** The power goes off for the server: SIGKILL, and gone when this settles. */
  killServer(): Promise<void>
  /** process id of the server that the folder speaks of, if it lives */
  serverPid(): Promise<number | undefined>
  remove(): Promise<void>
}

export async function embeddedFolder(): Promise<EmbeddedFolder> {
  const dataDir = await mkdtemp(join(tmpdir(), 'valence-crash-'))
  // started by root, the server runs as another user, who must be able to pass
  await chmod(dataDir, 0o711)
  const pidFile = async () => {
    const text = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '')
    const [pid, , , port] = text.split('\n')
    return { pid: Number(pid), port: Number(port) }
  }
  const serverPid = async () => {
    const { pid } = await pidFile()
    return pid > 0 && (await isRunning(pid)) ? pid : undefined
  }
  const killServer = async () => {
    const pid = await serverPid()
    if (pid === undefined) return
    process.kill(pid, 'SIGKILL')
    while (await isRunning(pid)) await wait(5)
  }
  return {
    dataDir,
    serverPid,
    killServer,
    async url() {
      const { port } = await pidFile()
      const password = (await readFile(join(dataDir, 'postgres.password'), 'utf8')).trim()
      return `postgres://valence:${password}@127.0.0.1:${port}/valence`
    },
    async remove() {
      await killServer()
      // its children notice that it is gone and end; until then they may still write
      await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
    },
  }
}

/** A process that ended but that nobody has taken note of yet does not run. */
async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch {
    return false // no such process
  }
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return !/^\d+ \(.*\) Z/s.test(state)
}
