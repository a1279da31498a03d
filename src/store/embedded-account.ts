import { stat } from 'node:fs/promises'
import { unavailable } from './embedded-failure.ts'
import { type OsUser, run } from './embedded-process.ts'

/** PostgreSQL refuses to run as root. A hub started by root runs it as this user, who is made when missing. */
const USER = 'postgres'

/** Debian and Red Hat, then busybox. */
const CREATE: [string, string[]][] = [
  ['useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', USER]],
  ['useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', '--gid', USER, USER]],
  ['adduser', ['-S', '-D', '-H', '-s', '/sbin/nologin', USER]],
]
/** where administration programs are; they are not on the PATH that programs of ours get */
const FOLDERS = ['/usr/sbin', '/sbin', '/usr/bin', '/bin']

/**
 * Who runs the server.
 *
 * @param cluster the existing cluster: its owner goes on with it, whoever starts the hub
 * @returns undefined for an ordinary user, who runs the server himself
 * @throws ValenceError UNAVAILABLE
 */
export async function databaseUser(cluster: string | undefined): Promise<OsUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  if (cluster !== undefined) return ownerOf(cluster)
  const user = (await findUser(USER)) ?? (await createUser()) ?? (await findUser('nobody'))
  if (user) return user
  throw unavailable(
    `the embedded database does not run as root, and the user "${USER}" could not be created`,
    'create it, start the hub as an ordinary user, or set DATABASE_URL',
  )
}

async function ownerOf(cluster: string): Promise<OsUser> {
  const { uid, gid } = await stat(cluster)
  if (uid !== 0) return (await findUser(String(uid))) ?? { name: String(uid), uid, gid }
  throw unavailable(
    `${cluster} belongs to root, as whom PostgreSQL does not run`,
    `give it to the database's user: chown -R ${USER} ${cluster}`,
  )
}

/** @param user name or number; also users that a directory service knows */
async function findUser(user: string): Promise<OsUser | undefined> {
  const answers = await Promise.all(['-u', '-g', '-nu'].map((option) => run('id', [option, user])))
  if (answers.some(({ code }) => code !== 0)) return undefined
  const [uid, gid, name] = answers.map(({ output }) => output.trim())
  return Number(uid) > 0 ? { name: name ?? user, uid: Number(uid), gid: Number(gid) } : undefined
}

async function createUser(): Promise<OsUser | undefined> {
  for (const [program, parameters] of CREATE) {
    for (const folder of FOLDERS) {
      const made = await run(`${folder}/${program}`, parameters)
      if (made.code === 0) return findUser(USER)
    }
  }
  return undefined
}
