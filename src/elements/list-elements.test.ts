import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { baseCatalogFolder } from '../../test/support/base-catalog.ts'
import { type Catalog, loadCatalog } from './catalog.ts'
import { createElementDirectory, type ElementDirectory } from './directory.ts'
import { toAbridged, toInstanceElement } from './element-views.ts'
import { getHub, listHubElements, listHubKeys, listHubs } from './hubs.ts'
import { type ElementFilter, listElementKeys, listElements, showElements } from './list-elements.ts'

let folder: string
let catalog: Catalog
let directory: ElementDirectory
let context: Parameters<typeof listHubs>[0]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'valence-elements-'))
  await mkdir(join(folder, 'acme'))
  // `private` and `extended` here stand for what accounts will own; shipped elements are neither.
  const acme = {
    key: 'acme',
    id: 9000,
    name: 'Acme',
    description: 'Acme',
    hub: 'finance',
    authentication: { type: 'custom' },
    baseUrl: 'https://acme.example',
    extra: { private: true, extended: true },
  }
  await writeFile(join(folder, 'acme', 'element.yaml'), JSON.stringify(acme))
  catalog = await loadCatalog([await baseCatalogFolder(), folder])
  directory = createElementDirectory({ store: NO_STORE, catalog })
  context = { store: NO_STORE, elements: directory }
})
afterAll(() => rm(folder, { recursive: true }))

/** Nobody's view needs no database. */
const NO_STORE = {
  db: undefined as never,
  changes: { on: () => () => undefined, onReset: () => () => undefined, isListening: () => true } as never,
}

const listed = async (filter: ElementFilter = {}) => showElements(await listElements(directory, undefined, filter))
const keys = async (filter: ElementFilter) => (await listed(filter)).map((element) => element['key'])
const getElement = async (keyOrId: string | number) => (await directory.require(undefined, keyOrId)).element

describe('GET /elements', () => {
  const cases: [string, string[] | 'nothing', 'short' | 'long'][] = [
    ["private='true' AND abridged='true'", ['acme'], 'short'],
    ["extended='true' AND abridged='true'", ['acme'], 'short'],
    ["private='true' AND abridged='true' AND key in ('a','b')", 'nothing', 'short'],
    ["private='true' AND abridged='true' AND key in ('acme','b')", ['acme'], 'short'],
    ["private='true'", ['acme'], 'long'],
    ["extended='true' AND key in ('a')", 'nothing', 'long'],
    ["key = 'base'", ['base'], 'long'],
    ["key = 'acme'", ['acme'], 'long'],
    ["private='false'", ['base'], 'long'],
    ['private=false AND abridged=true', ['base'], 'short'],
    ["abridged='false'", ['base', 'acme'], 'long'],
    ["abridged='true'", ['base', 'acme'], 'short'],
    ["hub='crm'", ['base'], 'long'],
    ["nosuch='x'", 'nothing', 'long'],
    ['   ', ['base', 'acme'], 'long'],
  ]
  for (const [where, expected, display] of cases) {
    test(`where=${where} → ${expected}, ${display}`, async () => {
      if (expected === 'nothing') {
        await expect(listed({ where })).rejects.toThrow(
          expect.objectContaining({ code: 'NOTHING_FOUND', status: 404, message: 'No elements found' }),
        )
        return
      }
      const found = await listed({ where })
      expect(found.map((element) => element['key'])).toEqual(expected)
      for (const element of found) expect('resources' in element).toBe(display === 'long')
    })
  }

  test('a where that does not parse says so', async () => {
    await expect(listed({ where: 'key =' })).rejects.toThrow(/^Error parsing query/)
  })

  test('abridged=true gives short objects with the members clients filter by', async () => {
    const [base] = await listed({ abridged: true })
    expect(base).toMatchObject({
      id: 201,
      key: 'base',
      name: 'Base CRM',
      hub: 'crm',
      active: true,
      private: false,
      extended: false,
      image: 'elements/provider_BaseCRM.png',
    })
    for (const name of ['resources', 'configuration', 'hooks', 'parameters']) expect(base).not.toHaveProperty(name)
    expect((await listed({ abridged: true }))[0]).toBe(base)
  })

  test('without a filter the elements of the catalog are answered themselves', async () => {
    const found = await listed()
    expect(found).toEqual(catalog.elements)
    expect(found[0]).toBe(catalog.elements[0])
  })

  test('hub restricts to one hub, in any letter case', async () => {
    expect(await keys({ hub: 'CRM' })).toEqual(['base'])
    await expect(keys({ hub: 'music' })).rejects.toThrow('No elements found')
  })

  test('keys are a list of text', async () =>
    expect(await listElementKeys(directory, undefined)).toEqual(['base', 'acme']))
})

describe('GET /elements/{keyOrId}', () => {
  test('key, alias and id lead to the same object', async () => {
    expect(await getElement('base')).toBe(await getElement('201'))
    expect(await getElement('basecrm')).toBe(await getElement(201))
  })

  test('an unknown one is a 404 that names it and does not look like an empty list', async () => {
    const expected = expect.objectContaining({
      code: 'ELEMENT_NOT_FOUND',
      status: 404,
      message: expect.stringContaining('"nope"'),
    })
    await expect(getElement('nope')).rejects.toThrow(expected)
    await expect(getElement('nope')).rejects.not.toThrow(/^No (.*) found$/)
  })
})

describe('the element inside an instance (spec 10 §4.1)', () => {
  test('has the listed members and no long list', async () => {
    const element = toInstanceElement(await getElement('base'))
    expect(Object.keys(element)).toEqual([
      'id',
      'name',
      'key',
      'description',
      'image',
      'logo',
      'active',
      'deleted',
      'typeOauth',
      'trialAccount',
      'configDescription',
      'signupURL',
      'defaultTransformations',
      'objectMetadata',
      'transformationsEnabled',
      'bulkDownloadEnabled',
      'bulkUploadEnabled',
      'cloneable',
      'extendable',
      'beta',
      'authentication',
      'extended',
      'hub',
      'protocolType',
      'parameters',
      'private',
    ])
    expect(element).toMatchObject({ id: 201, key: 'base', parameters: [], private: false })
  })

  test('is made once', async () => {
    const base = await getElement('base')
    expect(toInstanceElement(base)).toBe(toInstanceElement(base))
    expect(toAbridged(base)).toBe(toAbridged(base))
  })
})

describe('hubs (spec 10 §3)', () => {
  const KEYS =
    'analytics billing collaboration conferencing crm db documents ecommerce employee erp esignature event-conferencing expense finance fsa general ' +
    'helpdesk humancapital idmanagement marketing messaging monitoring music native ocr payment pointofsale sageaccounting sagepayroll scheduling screening social'

  test('all hubs of the original are there', async () => {
    expect((await listHubKeys(context, undefined)).toSorted()).toEqual(KEYS.split(' ').toSorted())
  })

  test('a hub shows its resources only when hydrated', async () => {
    expect((await listHubs(context, undefined))[0]).not.toHaveProperty('resources')
    const hydrated = await listHubs(context, undefined, { hydrate: true })
    for (const hub of hydrated) expect(hub).toHaveProperty('resources', expect.arrayContaining(['ping']))
    expect(hydrated.find((hub) => hub.key === 'crm')).toMatchObject({
      id: 11,
      name: 'CRM',
      active: true,
      resources: [
        'accounts',
        'agents',
        'contacts',
        'documents',
        'files',
        'incidents',
        'leads',
        'opportunities',
        'objects',
        'ping',
      ],
    })
  })

  test('one hub, its elements, and an unknown hub', async () => {
    expect(await getHub(context, undefined, 'crm')).toMatchObject({ id: 11, key: 'crm', name: 'CRM', active: true })
    expect((await listHubElements(context, undefined, 'crm')).map(({ key }) => key)).toEqual(['base'])
    expect(await listHubElements(context, undefined, 'music')).toEqual([])
    const unknown = expect.objectContaining({
      code: 'HUB_NOT_FOUND',
      status: 404,
      message: expect.stringContaining('"crn"'),
    })
    await expect(getHub(context, undefined, 'crn')).rejects.toThrow(unknown)
    await expect(listHubElements(context, undefined, 'crn')).rejects.toThrow(unknown)
  })
})
