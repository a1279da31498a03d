import { createHash, randomBytes } from 'node:crypto'
import { chown, link, mkdir, mkdtemp, open, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { databaseUser } from './embedded-account.ts'
import { copyFolders, findBinaries, makePassable, SYSTEM_FOLDER, usablePrograms } from './embedded-binaries.ts'
import { essence, unavailable, wayOutOf } from './embedded-failure.ts'
import { isAlive, type OsUser, run } from './embedded-process.ts'

/** The files of one embedded database and what it takes to run it. */
export interface Cluster {
  /** real path of the hub's data folder */
  dataDir: string
  /** PostgreSQL's own folder: `<dataDir>/postgres`, or elsewhere when its user cannot go there */
  folder: string
  /** holds `bin`, `lib` and `share` */
  programs: string
  /** who runs the programs; undefined: ourselves */
  user: OsUser | undefined
  /** of the superuser */
  password: string
  logFile: string
}

export const SUPERUSER = 'valence'

/**
 * Finds the database of a data folder, or creates it.
 *
 * @param isLasting false: a test's database, which need not survive a power cut
 * @throws ValenceError UNAVAILABLE
 */
export async function openCluster(given: string, isLasting: boolean, log: (line: string) => void): Promise<Cluster> {
  const dataDir = await openDataDir(given)
  const found = await findCluster(dataDir)
  const user = await databaseUser(found)
  const programs = await usablePrograms(await findBinaries(), user, copyFolders(dataDir, user))
  const folder = found ?? (await chooseFolder(dataDir, user))
  const password = await readPassword(dataDir, folder, found === undefined)
  const logFile = join(dataDir, 'postgres.log')
  const cluster: Cluster = { dataDir, folder, programs: programs.folder, user, password, logFile }
  if (found === undefined) {
    log(`creating the embedded database in ${folder}`)
    await createCluster(cluster, isLasting)
    cluster.folder = await realpath(folder) // as the system will name the server's folder
  }
  await assertUsable(cluster, programs.major)
  if (dirname(folder) !== dataDir) await writeFile(noteOf(dataDir), `${folder}\n`, { mode: 0o644 })
  return cluster
}

async function openDataDir(given: string): Promise<string> {
  const dataDir = resolve(given)
  try {
    // the database's user passes through when root starts the hub
    await mkdir(dataDir, { recursive: true, mode: 0o711 })
    return await realpath(dataDir)
  } catch (cause) {
    throw unavailable(`the data folder ${dataDir} cannot be created`, 'name another VALENCE_DATA_DIR', cause)
  }
}

/** Says where the cluster went when it could not be kept in the data folder. */
function noteOf(dataDir: string): string {
  return join(dataDir, 'postgres.location')
}

/** Derived from the path: found again also when a crash came before the note. */
function outsideFolder(dataDir: string): string {
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  return join(SYSTEM_FOLDER, `data-${hash}`, 'postgres')
}

async function findCluster(dataDir: string): Promise<string | undefined> {
  const noted = (await readFile(noteOf(dataDir), 'utf8').catch(() => '')).trim()
  if (noted !== '') {
    if ((await versionOf(noted)) !== undefined) return realpath(noted)
    throw unavailable(
      `${noteOf(dataDir)} says that the database is in ${noted}, but there is none`,
      'restore that folder from a backup, or remove the note to begin with an empty database',
    )
  }
  const inside = join(dataDir, 'postgres')
  if ((await versionOf(inside)) !== undefined) return realpath(inside)
  if (process.getuid?.() !== 0) return undefined
  const outside = outsideFolder(dataDir)
  return (await versionOf(outside)) === undefined ? undefined : realpath(outside)
}

async function versionOf(folder: string): Promise<string | undefined> {
  try {
    return (await readFile(join(folder, 'PG_VERSION'), 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unavailable(
      `the database in ${folder} cannot be read`,
      'start the hub as the user that made it, or name another VALENCE_DATA_DIR',
      error,
    )
  }
}

async function chooseFolder(dataDir: string, user: OsUser | undefined): Promise<string> {
  const inside = join(dataDir, 'postgres')
  const present = await readdir(inside).catch(() => [])
  if (present.length > 0) {
    throw unavailable(
      `${inside} is no database and not empty (it holds "${present[0]}")`,
      'move it away, or name another VALENCE_DATA_DIR',
    )
  }
  if (!user || (await canEnter(dataDir, user))) return inside
  const outside = outsideFolder(dataDir)
  try {
    await makePassable(SYSTEM_FOLDER)
    await makePassable(dirname(outside))
    await writeFile(join(dirname(outside), 'belongs-to'), `${dataDir}\n`, { mode: 0o600 })
  } catch (cause) {
    throw unavailable(
      `the database's user "${user.name}" cannot go to ${dataDir}, and ${outside} cannot be made`,
      'name a VALENCE_DATA_DIR that every user can pass to',
      cause,
    )
  }
  return outside
}

async function canEnter(folder: string, user: OsUser): Promise<boolean> {
  return (await run('/bin/sh', ['-c', 'cd "$0"', folder], user)).code === 0
}

/** One password per folder, made by whoever comes first. A cluster without its password cannot be opened. */
async function readPassword(dataDir: string, folder: string, isNew: boolean): Promise<string> {
  const path = join(dataDir, 'postgres.password')
  if (isNew) await makePassword(path)
  const wayOut = `restore it from a backup, or move ${folder} away to begin with an empty database`
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw unavailable(`the database's password file ${path} cannot be read`, wayOut, cause)
  })
  const password = text.trim()
  if (/^[0-9a-f]{48}$/.test(password)) return password
  throw unavailable(`the database's password file ${path} is damaged`, wayOut)
}

/** Appears complete or not at all; the first of two starts wins. */
async function makePassword(path: string): Promise<void> {
  const partial = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(partial, `${randomBytes(24).toString('hex')}\n`, { flag: 'wx', mode: 0o600, flush: true })
    await link(partial, path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return
    throw unavailable(
      `the data folder ${dirname(path)} cannot be written`,
      'make it writable for the user that starts the hub, or name another VALENCE_DATA_DIR',
      cause,
    )
  } finally {
    await rm(partial, { force: true })
  }
}

/** Made in a folder beside and renamed when complete: an interrupted `initdb` is never taken for a cluster. */
async function createCluster(cluster: Cluster, isLasting: boolean): Promise<void> {
  const { folder, programs, user, password } = cluster
  await removeLeftOvers(folder)
  const partial = await mkdtemp(`${folder}.new-${process.pid}-`).catch((cause) => {
    throw unavailable(`${dirname(folder)} cannot be written`, 'name another VALENCE_DATA_DIR', cause)
  })
  const passwordFile = join(partial, 'password')
  const data = join(partial, 'data')
  try {
    await writeFile(passwordFile, password, { mode: 0o600 })
    if (user) for (const path of [partial, passwordFile]) await chown(path, user.uid, user.gid)
    const parameters = [
      ...['-D', data, `--username=${SUPERUSER}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      // PostgreSQL's own locale: the order of texts does not depend on the machine and its next update
      ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      ...['--no-instructions', ...(isLasting ? [] : ['--no-sync'])],
    ]
    const made = await run(join(programs, 'bin', 'initdb'), parameters, user)
    if (made.code !== 0) {
      throw unavailable(
        `the embedded database could not be created in ${folder}: ${essence(made.output)}`,
        wayOutOf(made.output, 'name another VALENCE_DATA_DIR, or set DATABASE_URL'),
      )
    }
    await moveIntoPlace(data, folder)
  } catch (error) {
    throw (error as NodeJS.ErrnoException).syscall
      ? unavailable(`the embedded database could not be created in ${folder}`, 'name another VALENCE_DATA_DIR', error)
      : error
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

async function moveIntoPlace(data: string, folder: string): Promise<void> {
  try {
    await rename(data, folder)
  } catch (error) {
    // another start was first; its cluster has the same password
    if ((await versionOf(folder)) === undefined) throw error
  }
  if (process.platform === 'win32') return // cannot open a folder
  const parent = await open(dirname(folder))
  try {
    await parent.sync()
  } finally {
    await parent.close()
  }
}

/** What a killed `initdb` left: "postgres.new-<pid of its hub>-…". */
async function removeLeftOvers(folder: string): Promise<void> {
  const prefix = `${basename(folder)}.new-`
  for (const name of await readdir(dirname(folder))) {
    const pid = Number(name.startsWith(prefix) ? name.slice(prefix.length).split('-')[0] : Number.NaN)
    if (!(pid > 0) || isAlive(pid)) continue
    const leftOver = join(dirname(folder), name)
    // an `initdb` that outlived its hub may still write there; what it keeps is removed by a later creation
    await rm(leftOver, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }).catch(() => undefined)
  }
}

async function assertUsable({ folder, user }: Cluster, major: string): Promise<void> {
  const version = await versionOf(folder)
  if (version !== major) {
    throw unavailable(
      `${folder} was made by PostgreSQL ${version}, the embedded one is ${major}`,
      'start the version of the hub that made it and move the data with pg_dump, or name another VALENCE_DATA_DIR',
    )
  }
  if (user && !(await canEnter(folder, user))) {
    throw unavailable(
      `the database's user "${user.name}" can no longer go to ${folder}`,
      'let it pass through the folders above (chmod o+x)',
    )
  }
}
