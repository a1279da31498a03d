import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files of each package that scripts can come to need, as paths or folders in it. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  lodash: ['lodash.js', 'fp.js', 'fp/_baseConvert.js', 'fp/_mapping.js', 'fp/_util.js', 'fp/placeholder.js'],
  moment: ['moment.js'],
  sax: ['lib/sax.js'],
  xml2js: ['bom', 'builder', 'defaults', 'parser', 'processors', 'xml2js'].map((name) => `lib/${name}.js`),
  xmlbuilder: ['lib'],
}

/** Packages whose folders a runner must be able to read. */
export const LIBRARY_PACKAGES: readonly string[] = Object.keys(PARTS)

/**
 * @param folders of the packages, by name
 * @returns sources by path, `xml2js/lib/parser.js`
 */
export function readLibraryFiles(folders: Readonly<Record<string, string>>): Map<string, string> {
  const files = new Map<string, string>()
  for (const [name, parts] of Object.entries(PARTS)) {
    const folder = folders[name] ?? ''
    for (const path of parts.flatMap((part) => (part.endsWith('.js') ? [part] : javaScriptOf(folder, part)))) {
      files.set(`${name}/${path}`, readFileSync(join(folder, path), 'utf8'))
    }
  }
  return files
}

function javaScriptOf(folder: string, part: string): string[] {
  return readdirSync(join(folder, part))
    .filter((name) => name.endsWith('.js'))
    .map((name) => `${part}/${name}`)
}
