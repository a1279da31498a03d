import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadCatalog } from '../../../src/elements/catalog.ts'
import { CATALOG_FOLDER } from '../../../src/main.ts'
import type { Element, Resource } from '../../../src/model/element.ts'
import { type CatalogInstance, provisionElement } from '../../support/catalog-element.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** What holds for each shipped element: its facts have sources, and on the simulator it can be provisioned and read. */
let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.close())

const { elements } = await loadCatalog([CATALOG_FOLDER])

describe.each(elements.map((element) => [element.key, element] as const))('%s', (key, element) => {
  let instance: CatalogInstance
  beforeAll(async () => {
    instance = await provisionElement(hub, key)
  })

  test('has its sources beside it', () => {
    expect(existsSync(join(CATALOG_FOLDER, key, 'README.md'))).toBe(true)
  })

  test.each(readable(element).map(({ path }) => path.replace(/^\/hubs\/[^/]+/, '')))('GET %s', async (path) => {
    const { status, body, text } = await instance.call('GET', `/hubs/${element.hub}${path}`)
    expect([status, text.slice(0, 300)]).toEqual([200, expect.anything()])
    const isList = element.resources.some((row) => row.path.endsWith(path) && row.method === 'GET' && answersList(row))
    if (isList) expect(Array.isArray(body), text.slice(0, 300)).toBe(true)
  })
})

/** Reads that need nothing of the caller. */
function readable({ resources }: Element): Resource[] {
  return resources.filter(
    ({ method, path, type, parameters = [] }) =>
      method === 'GET' && type === 'api' && !path.includes('{') && !parameters.some((row) => row.required),
  )
}

function answersList({ model }: Resource): boolean {
  return model?.swagger?.[model.name ?? '']?.type === 'array'
}
