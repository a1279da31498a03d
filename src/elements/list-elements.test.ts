import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Catalog, loadCatalog } from './catalog.ts'
import { toAbridged, toInstanceElement } from './element-views.ts'
import { getConfiguration, getElement } from './find-element.ts'
import { getHub, listHubElements, listHubKeys, listHubs } from './hubs.ts'
import { listElementKeys, listElements } from './list-elements.ts'

const CATALOG = fileURLToPath(new URL('../../catalog', import.meta.url))

let folder: string
let catalog: Catalog
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
  catalog = await loadCatalog([CATALOG, folder])
})
afterAll(() => rm(folder, { recursive: true }))

const keys = (filter: Parameters<typeof listElements>[1]) => listElements(catalog, filter).map((element) => element.key)

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
    test(`where=${where} → ${expected}, ${display}`, () => {
      if (expected === 'nothing') {
        expect(() => listElements(catalog, { where })).toThrow(
          expect.objectContaining({ code: 'NOTHING_FOUND', status: 404, message: 'No elements found' }),
        )
        return
      }
      const found = listElements(catalog, { where })
      expect(found.map((element) => element.key)).toEqual(expected)
      for (const element of found) expect('resources' in element).toBe(display === 'long')
    })
  }

  test('a where that does not parse says so', () => {
    expect(() => listElements(catalog, { where: 'key =' })).toThrow(/^Error parsing query/)
  })

  test('abridged=true gives short objects with the members clients filter by', () => {
    const [base] = listElements(catalog, { abridged: true })
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
    expect(listElements(catalog, { abridged: true })[0]).toBe(base)
  })

  test('without a filter the elements of the catalog are answered themselves', () => {
    expect(listElements(catalog)).toEqual(catalog.elements)
    expect(listElements(catalog)[0]).toBe(catalog.elements[0])
  })

  test('hub restricts to one hub, in any letter case', () => {
    expect(keys({ hub: 'CRM' })).toEqual(['base'])
    expect(() => keys({ hub: 'music' })).toThrow('No elements found')
  })

  test('keys are a list of text', () => expect(listElementKeys(catalog)).toEqual(['base', 'acme']))
})

describe('GET /elements/{keyOrId}', () => {
  test('key, alias and id lead to the same object', () => {
    expect(getElement(catalog, 'base')).toBe(getElement(catalog, '201'))
    expect(getElement(catalog, 'basecrm')).toBe(getElement(catalog, 201))
  })

  test('an unknown one is a 404 that names it and does not look like an empty list', () => {
    const expected = expect.objectContaining({
      code: 'ELEMENT_NOT_FOUND',
      status: 404,
      message: expect.stringContaining('"nope"'),
    })
    expect(() => getElement(catalog, 'nope')).toThrow(expected)
    expect(() => getConfiguration(catalog, 'nope')).toThrow(expected)
    expect(() => getElement(catalog, 'nope')).not.toThrow(/^No (.*) found$/)
  })
})

describe('the element inside an instance (spec 10 §4.1)', () => {
  test('has the listed members and no long list', () => {
    const element = toInstanceElement(getElement(catalog, 'base'))
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

  test('is made once', () => {
    const base = getElement(catalog, 'base')
    expect(toInstanceElement(base)).toBe(toInstanceElement(base))
    expect(toAbridged(base)).toBe(toAbridged(base))
  })
})

describe('hubs (spec 10 §3)', () => {
  const KEYS =
    'analytics billing collaboration conferencing crm db documents ecommerce employee erp esignature event-conferencing expense finance fsa general ' +
    'helpdesk humancapital idmanagement marketing messaging monitoring music native ocr payment pointofsale sageaccounting sagepayroll scheduling screening social'

  test('all hubs of the original are there', () => {
    expect(listHubKeys(catalog).toSorted()).toEqual(KEYS.split(' ').toSorted())
  })

  test('a hub shows its resources only when hydrated', () => {
    expect(listHubs(catalog)[0]).not.toHaveProperty('resources')
    const hydrated = listHubs(catalog, { hydrate: true })
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

  test('one hub, its elements, and an unknown hub', () => {
    expect(getHub(catalog, 'crm')).toMatchObject({ id: 11, key: 'crm', name: 'CRM', active: true })
    expect(listHubElements(catalog, 'crm').map((element) => element.key)).toEqual(['base'])
    expect(listHubElements(catalog, 'music')).toEqual([])
    const unknown = expect.objectContaining({
      code: 'HUB_NOT_FOUND',
      status: 404,
      message: expect.stringContaining('"crn"'),
    })
    expect(() => getHub(catalog, 'crn')).toThrow(unknown)
    expect(() => listHubElements(catalog, 'crn')).toThrow(unknown)
  })
})
