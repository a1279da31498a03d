/**
 * `npm run bench:compile`: what it takes to turn an element into the plan its calls run on. The elements are exports in a
 * folder named by `VALENCE_TEST_EXPORTS`; without it the shipped ones. See README.md beside this file.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadCatalog } from '../src/elements/catalog.ts'
import { compile } from '../src/engine/compile.ts'
import { CATALOG_FOLDER } from '../src/main.ts'
import type { Element } from '../src/model/element.ts'
import { median } from './statistics.ts'

const RUNS = 20
const SHOWN = 5

const elements = await elementsOf(process.env['VALENCE_TEST_EXPORTS'])
const measured = elements.map((element) => {
  const times = Array.from({ length: RUNS }, () => {
    const began = performance.now()
    compile(element)
    return performance.now() - began
  })
  const kilobytes = JSON.stringify(element).length / 1024
  return {
    key: element.key,
    kilobytes,
    resources: element.resources.length,
    first: times[0] ?? 0,
    again: median(times),
  }
})
console.log(`Node ${process.version}; elements: ${elements.length}, ${RUNS} times each; the largest first`)
for (const { key, kilobytes, resources, first, again } of measured
  .toSorted((a, b) => b.kilobytes - a.kilobytes)
  .slice(0, SHOWN)) {
  const size = `${kilobytes.toFixed(0)} KB, ${resources} resources`
  console.log(`${key.padEnd(24)}${size.padEnd(26)}first ${first.toFixed(2)} ms, median ${again.toFixed(2)} ms`)
}
console.log(`all of them, first time: ${measured.reduce((sum, { first }) => sum + first, 0).toFixed(1)} ms`)

async function elementsOf(folder: string | undefined): Promise<readonly Element[]> {
  if (!folder) return (await loadCatalog([CATALOG_FOLDER])).elements
  const files = readdirSync(join(folder, 'elements')).filter((name) => name.endsWith('.json'))
  return files.map((name) => JSON.parse(readFileSync(join(folder, 'elements', name), 'utf8')) as Element)
}
