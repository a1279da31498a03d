import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The user as whom the programs run when root started the hub. */
export interface OsUser {
  name: string
  uid: number
  gid: number
}

export interface Finished {
  /** null: it did not start, or a signal ended it */
  code: number | null
  /** both streams, the last part of them */
  output: string
}

const OUTPUT_LIMIT = 8_000

/**
 * Runs a program to its end; its failure is in the result, it never rejects.
 *
 * Node drops root's supplementary groups by itself when `uid` is given (libuv calls `setgroups(0, NULL)`).
 */
export function run(program: string, parameters: string[], user?: OsUser, timeoutMs = 300_000): Promise<Finished> {
  return new Promise((settle) => {
    const child = spawn(program, parameters, {
      ...asUser(user),
      env: programEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      windowsHide: true,
    })
    let output = ''
    const collect = (chunk: Buffer) => {
      output = (output + String(chunk)).slice(-OUTPUT_LIMIT)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', (error) => settle({ code: null, output: error.message }))
    child.once('close', (code) => settle({ code, output }))
  })
}

/** Spawn options: identity, and a working directory that everybody may enter. */
export function asUser(user: OsUser | undefined): { uid?: number; gid?: number; cwd?: string } {
  if (process.platform === 'win32') return {}
  return user ? { uid: user.uid, gid: user.gid, cwd: '/' } : { cwd: '/' }
}

/** Nothing of the hub's settings and secrets; English messages, because we read them. */
export function programEnvironment(): NodeJS.ProcessEnv {
  if (process.platform !== 'win32') return { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/' }
  const system = ['SystemRoot', 'SystemDrive', 'ComSpec', 'PATH', 'TEMP', 'TMP', 'USERNAME', 'USERPROFILE']
  return Object.fromEntries([['LC_ALL', 'C'], ...system.map((name) => [name, process.env[name]])])
}

/** Whether the process runs; a zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isZombie(pid)
}

/** The parent of an adopted server is gone; in a container there may be nobody who takes note of its end. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true // gone between the two looks
  }
}
