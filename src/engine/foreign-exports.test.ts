import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Element } from '../model/element.ts'
import { compile } from './compile.ts'

/** Real exports are not part of the project; the folder that holds `elements/*.json` is named from outside. */
const folder = process.env['VALENCE_TEST_EXPORTS']

test.skipIf(!folder)('every foreign export compiles (tolerance rule, spec 11)', () => {
  const elements = join(folder ?? '', 'elements')
  const files = readdirSync(elements).filter((name) => name.endsWith('.json'))
  expect(files.length).toBeGreaterThan(0)
  const reasons = new Map<string, number>()
  let callable = 0
  let executable = 0
  for (const file of files) {
    const element = JSON.parse(readFileSync(join(elements, file), 'utf8')) as Element
    const plan = compile(element)
    for (const { method, path, type } of element.resources) {
      if (!['api', 'apiNoDocumentation', 'formulaAsResource'].includes(type || 'api')) continue
      const found = plan.resources.find(method, path.replace(/^\/hubs\/[^/]+/, ''))
      expect(found, `${file}: ${method} ${path}`).toBeDefined()
      callable++
      const reason = found?.value.notExecutable
      if (reason === undefined) executable++
      else reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    }
  }
  const why = [...reasons].toSorted(([, a], [, b]) => b - a).map(([reason, count]) => `${count} ${reason}`)
  console.log(
    `${files.length} exports, ${callable} callable resources: ${executable} executable; not yet: ${why.join(', ')}`,
  )
})
