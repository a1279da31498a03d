import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadCatalog } from '../../src/elements/catalog.ts'
import { completeElement } from '../../src/elements/complete-element.ts'
import { complete, type Format, writeDocument } from '../../src/elements/documents/document-text.ts'
import { elementApi } from '../../src/elements/documents/element-api.ts'
import { atOnce, inSlices } from '../../src/elements/documents/in-slices.ts'
import { CATALOG_FOLDER } from '../../src/main.ts'
import type { Element } from '../../src/model/element.ts'
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

  test('has each resource that callers are told of', () => {
    const shown = new Set(shownOperations({ ...api }).map(({ method, path }) => `${method.toUpperCase()} ${path}`))
    const told = element.resources.filter(({ type }) => ['api', 'formulaAsResource'].includes(type ?? 'api'))
    const missing = told
      .map(({ method, path }) => `${method} ${path.replace(/^\/hubs\/[^/]+/, '').replace(/(.)\/$/, '$1')}`)
      .filter((call) => !shown.has(call))
    expect(missing).toEqual([])
  })
})

test.skipIf(!folder)('the largest one is made without anybody having to wait 50 ms', async () => {
  const sized = elements.map(([, element]) => ({ element, size: JSON.stringify(element).length }))
  const { element } = sized.toSorted((a, b) => b.size - a.size)[0] ?? {}
  if (!element) throw new Error('no element')
  const longest = async () => {
    let last = performance.now()
    let most = 0
    const tick = setInterval(() => {
      const now = performance.now()
      most = Math.max(most, now - last)
      last = now
    }, 1)
    const api = await inSlices(elementApi(element))
    for (const format of FORMATS) complete(await inSlices(writeDocument(api, format)), FRAME)
    clearInterval(tick)
    return most
  }
  // whatever else the machine does counts as well: the best of three
  const waits = [await longest(), await longest(), await longest()]
  expect(Math.min(...waits)).toBeLessThan(50)
})
