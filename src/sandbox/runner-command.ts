import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LIBRARY_PACKAGES } from './runner/library-files.ts'

/** How a runner is started. */
export interface RunnerCommand {
  file: string
  args: readonly string[]
}

/**
 * Node's permission model refuses a runner everything but reading its own code and the library for isolates. The paths
 * are the real ones, because that is what Node compares; the runner's files have the ending of this one (`.ts` from
 * `src`, `.js` from `dist`).
 */
export function runnerCommand(): RunnerCommand {
  const here = realpathSync(fileURLToPath(import.meta.url))
  const runner = realpathSync(fileURLToPath(new URL(`runner/runner${extname(here)}`, import.meta.url)))
  const isolatedVm = createRequire(here).resolve('isolated-vm')
  const libraries = libraryFolders(here)
  const readable = [
    dirname(here),
    dirname(isolatedVm),
    packageFolder(isolatedVm, 'node-gyp-build'),
    ...Object.values(libraries),
    // looked for by node-gyp-build
    '/etc/alpine-release',
  ]
  return {
    file: process.execPath,
    args: [
      '--no-node-snapshot',
      '--permission',
      '--allow-addons',
      ...readable.map((path) => `--allow-fs-read=${path}`),
      '--no-warnings',
      '--max-old-space-size=256',
      '--v8-pool-size=1',
      runner,
      isolatedVm,
      JSON.stringify(libraries),
    ],
  }
}

/** Folders of the libraries by name; some come with others. */
function libraryFolders(here: string): Record<string, string> {
  const xml2js = packageFolder(here, 'xml2js')
  return Object.fromEntries(
    LIBRARY_PACKAGES.map((name) => [
      name,
      packageFolder(name === 'sax' || name === 'xmlbuilder' ? `${xml2js}/` : here, name),
    ]),
  )
}

/** The real folder of a package, as a file in `from` finds it. */
function packageFolder(from: string, name: string): string {
  return dirname(createRequire(from).resolve(`${name}/package.json`))
}
