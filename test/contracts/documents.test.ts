import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadCatalog } from '../../src/elements/catalog.ts'
import { completeElement } from '../../src/elements/complete-element.ts'
import { addCommonResources } from '../../src/elements/documents/add-common-resources.ts'
import { complete, type Format, writeDocument } from '../../src/elements/documents/document-text.ts'
import { elementApi } from '../../src/elements/documents/element-api.ts'
import { atOnce } from '../../src/elements/documents/in-slices.ts'
import { CATALOG_FOLDER } from '../../src/main.ts'
import type { Element } from '../../src/model/element.ts'
import { defaultTransformations } from '../../src/resources/element-defaults.ts'
import { compileMapping } from '../../src/transform/compile-mapping.ts'
import { resolveTransformation } from '../../src/transform/resolve-levels.ts'
import { faultsOf, shownOperations } from '../support/check-document.ts'

/**
 * Documents of every element: of those in the catalog, and of real exports, which are not part of the project
 * (`VALENCE_TEST_EXPORTS` names a folder that holds `elements/*.json`).
 */
const folder = process.env['VALENCE_TEST_EXPORTS']
const FRAME = { host: 'hub.example.com', basePath: '/elements/api-v2', schemes: ['https'] }
const FORMATS: readonly Format[] = ['swagger', 'openapi31']

const facts = { id: 10_000, accountId: 2, createdDate: new Date(0), updatedDate: new Date(0) }
const catalog = await loadCatalog([CATALOG_FOLDER])
const exported = folder
  ? readdirSync(join(folder, 'elements'))
      .filter((name) => name.endsWith('.json'))
      .map((name) => {
        const document = JSON.parse(readFileSync(join(folder, 'elements', name), 'utf8'))
        return completeElement(document, { ...facts, key: document.key ?? name })
      })
  : []
const elements: (readonly [string, Element])[] = [...catalog.elements, ...exported].map((one) => [one.key, one])

describe.each(elements)('%s', (_key, element) => {
  const api = atOnce(elementApi(element))

  test.each(FORMATS)('is valid as %s', async (format) => {
    const text = complete(atOnce(writeDocument(api, format)), FRAME).toString()
    expect(await faultsOf(text)).toEqual([])
  })

  test.each(FORMATS)('is valid as %s with all its default transformations', async (format) => {
    const mappings = [...defaultTransformations(element)].flatMap(([name, level]) => {
      const effective = resolveTransformation(name, [level])
      return effective ? [compileMapping(effective)] : []
    })
    const text = complete(atOnce(writeDocument(atOnce(addCommonResources(api, mappings)), format)), FRAME).toString()
    expect(await faultsOf(text)).toEqual([])
  })

  test('has each resource that callers are told of', () => {
    const shown = new Set(shownOperations({ ...api }).map(({ method, path }) => `${method.toUpperCase()} ${path}`))
    const told = element.resources.filter(({ type }) => ['api', 'formulaAsResource'].includes(type ?? 'api'))
    const missing = told
      .map(({ method, path }) => `${method} ${path.replace(/^\/hubs\/[^/]+/, '').replace(/(.)\/$/, '$1')}`)
      .filter((call) => !shown.has(call))
    expect(missing).toEqual([])
  })
})

test.skipIf(!folder)('no step towards the largest one takes long: between two steps everybody else gets a turn', () => {
  const sized = elements.map(([, element]) => ({ element, size: JSON.stringify(element).length }))
  const { element } = sized.toSorted((a, b) => b.size - a.size)[0] ?? {}
  if (!element) throw new Error('no element')
  let longestMs = 0
  // of this thread: what else the machine does is not counted
  const cpuMs = () => process.threadCpuUsage().user / 1000
  const measured = <T>(work: Generator<void, T>): T => {
    for (let before = cpuMs(); ; before = cpuMs()) {
      const step = work.next()
      longestMs = Math.max(longestMs, cpuMs() - before)
      if (step.done) return step.value
    }
  }
  const api = measured(elementApi(element))
  for (const format of FORMATS) complete(measured(writeDocument(api, format)), FRAME)
  // a slice ends with the step in which its 8 ms are over
  expect(longestMs).toBeLessThan(40)
})
