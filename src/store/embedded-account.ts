import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chown, cp, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { ValenceError } from '../errors.ts'
import type { Binaries } from './embedded-binaries.ts'

/**
 * PostgreSQL refuses to run as root. A hub started by root runs it as the user `postgres`, and whatever that user
 * cannot reach (a project below root's home, a closed data folder) is kept where it can.
 */
export interface DatabaseUser {
  uid: number
  gid: number
}

const SHARED_FOLDER = '/var/lib/valence'
const USER = 'postgres'

/** @returns undefined for an ordinary user, who runs the server himself */
export async function databaseUser(): Promise<DatabaseUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const known = await findUser()
  if (known) return known
  const made = spawnSync('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    USER,
  ])
  const created = made.status === 0 ? await findUser() : undefined
  if (created) return created
  throw new ValenceError(
    'UNAVAILABLE',
    `The embedded database does not run as root, and the user "${USER}" could not be created (${String(made.stderr ?? made.error).trim()}); create it, start the hub as an ordinary user, or set DATABASE_URL`,
  )
}

async function findUser(): Promise<DatabaseUser | undefined> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((entry) => entry.startsWith(`${USER}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined
}

/** The binaries where the user can run them: in place, or a copy that is made once per version. */
export async function reachableBinaries(binaries: Binaries, user: DatabaseUser | undefined): Promise<string> {
  const program = join(binaries.folder, 'bin', 'postgres')
  if (!user || canRun(program, user)) return binaries.folder
  for (const parent of [SHARED_FOLDER, join(tmpdir(), 'valence')]) {
    const folder = join(parent, binaries.label)
    if (await isOwnFolder(folder)) {
      if (canRun(join(folder, 'bin', 'postgres'), user)) return folder
      continue
    }
    await mkdir(parent, { recursive: true, mode: 0o755 })
    const partial = await mkdtemp(join(parent, 'copy-'))
    await cp(binaries.folder, partial, { recursive: true, verbatimSymlinks: true })
    spawnSync('chmod', ['-R', 'u=rwX,go=rX', partial])
    await rename(partial, folder).catch(() => rm(partial, { recursive: true, force: true })) // another start was first
    if (canRun(join(folder, 'bin', 'postgres'), user)) return folder
  }
  throw new ValenceError(
    'UNAVAILABLE',
    `The user "${USER}" can run the embedded database neither at ${binaries.folder} nor from a copy in ${SHARED_FOLDER}; install the hub where that user can go, or set DATABASE_URL`,
  )
}

/** Nobody but root may have put it there: it will be run. */
async function isOwnFolder(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined)
  if (!found) return false
  return found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0
}

/**
 * Where the cluster of a data folder lives: `<dataDir>/postgres`, or, when the user cannot go there, a folder of its own
 * below `/var/lib/valence`. The choice is noted in `<dataDir>/postgres.location` and kept.
 */
export async function clusterFolder(dataDir: string, user: DatabaseUser | undefined): Promise<string> {
  const note = join(dataDir, 'postgres.location')
  const noted = await readFile(note, 'utf8').catch(() => '')
  if (noted.trim() !== '') return noted.trim()
  const inside = join(dataDir, 'postgres')
  if (!user || canEnter(dataDir, user)) return inside
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  const outside = join(SHARED_FOLDER, `data-${hash}`, basename(inside))
  await mkdir(dirname(outside), { recursive: true, mode: 0o711 })
  await writeFile(note, `${outside}\n`, { mode: 0o644 })
  return outside
}

/** Gives a new folder to the user that runs the server. */
export async function own(path: string, user: DatabaseUser | undefined): Promise<void> {
  if (user) await chown(path, user.uid, user.gid)
}

function canRun(program: string, user: DatabaseUser): boolean {
  return spawnSync(program, ['--version'], { ...user, env: {}, cwd: '/', timeout: 10_000 }).status === 0
}

function canEnter(folder: string, user: DatabaseUser): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$0"', folder], { ...user, env: {}, cwd: '/', timeout: 10_000 }).status === 0
}
