import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CATALOG_FOLDER } from '../../main.ts'
import type { Catalog } from '../catalog.ts'
import { loadCatalog } from '../catalog.ts'
import { canonicalTransformation } from './canonical-transformation.ts'
import { schemaAt } from './schema-at.ts'
import { showCanonicalObject, showCoverage, showHubModel } from './show-hub-model.ts'

let folder: string
let catalog: Catalog

const HUBS = '- { key: pets, id: 1, name: Pets, description: Pets }\n- { key: other, id: 2, name: O, description: O }'
const MODEL = `
place: &place
  home.city: string
dogs:
  description: Dogs.
  fields:
    id: string key readonly
    name: string
    weight: number
    born: { type: date, description: Day of birth. }
    <<: *place
    vet: string
cats:
  description: Cats.
  fields: { id: string }
`
const ELEMENT = `
key: kennel
id: 9101
name: Kennel
description: Dogs
hub: pets
authentication: { type: apiKey }
baseUrl: https://kennel.example
models:
  city: { town: string }
  dog:
    uid: integer key readonly
    call_name: string required
    kilos: number
    birthday: integer
    where: city
    doctors: '[doctor]'
    chip: string readonly
  doctor: { label: string create-only }
resources:
  /hounds: { model: dog, operations: [list, create, get, update] }
`
const SOURCES = `
dogs:
  resource: /hounds
  fields:
    id: uid
    name: call_name
    weight: kilos
    born: { vendorPath: birthday, vendorPattern: milliseconds }
    home.city: where.town
    vet: chip
  filters: [name]
`

async function write(files: Record<string, string>): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'valence-hub-models-'))
  for (const [name, text] of Object.entries({ 'hubs.yaml': HUBS, ...files })) {
    await mkdir(join(made, name, '..'), { recursive: true })
    await writeFile(join(made, name), text)
  }
  return made
}

async function problemsOf(files: Record<string, string>): Promise<string> {
  const made = await write(files)
  try {
    await loadCatalog([made])
    return 'none'
  } catch (error) {
    return (error as Error).message.replaceAll(`${made}/`, '')
  } finally {
    await rm(made, { recursive: true })
  }
}

beforeAll(async () => {
  folder = await write({ 'pets.model.yaml': MODEL, 'kennel/element.yaml': ELEMENT, 'kennel/canonical.yaml': SOURCES })
  catalog = await loadCatalog([folder])
})
afterAll(() => rm(folder, { recursive: true }))

describe('a model of a hub', () => {
  test('shows each field with where it comes from', () => {
    expect(showHubModel(catalog, 'pets').map(({ name }) => name)).toEqual(['dogs', 'cats'])
    expect(showCanonicalObject(catalog, 'pets', 'dogs').fields).toEqual([
      { path: 'id', type: 'string', readOnly: true, provenance: [{ element: 'kennel', vendorPath: 'uid' }] },
      { path: 'name', type: 'string', readOnly: false, provenance: [{ element: 'kennel', vendorPath: 'call_name' }] },
      {
        path: 'weight',
        type: 'number',
        format: 'double',
        readOnly: false,
        provenance: [{ element: 'kennel', vendorPath: 'kilos' }],
      },
      {
        path: 'born',
        type: 'date',
        format: 'date',
        description: 'Day of birth.',
        readOnly: false,
        provenance: [{ element: 'kennel', vendorPath: 'birthday' }],
      },
      {
        path: 'home.city',
        type: 'string',
        readOnly: false,
        provenance: [{ element: 'kennel', vendorPath: 'where.town' }],
      },
      { path: 'vet', type: 'string', readOnly: false, provenance: [{ element: 'kennel', vendorPath: 'chip' }] },
    ])
  })

  test.each([
    ['other', 'There is no model for the hub "other"; there is one for pets'],
    ['nowhere', 'There is no model for the hub "nowhere"; there is one for pets'],
  ])('a hub without one: %s', (hub, message) => {
    expect(() => showHubModel(catalog, hub)).toThrow(message)
    expect(() => showCoverage(catalog, hub)).toThrow(message)
  })

  test('an object that it lacks', () => {
    expect(() => showCanonicalObject(catalog, 'pets', 'fish')).toThrow('has no object "fish"; it has dogs, cats')
  })

  test('becomes a transformation: types as the element has them, what nobody takes is not sent', () => {
    const element = catalog.find('kennel')
    const object = catalog.models.get('pets')?.objects.get('dogs')
    const source = element && catalog.sourcesOf(element)?.get('dogs')
    if (!element || !object || !source) throw new Error('the model of the test is incomplete')
    const { fields, ...rest } = canonicalTransformation(element, object, source)
    expect(rest).toMatchObject({ objectName: 'dogs', vendorName: 'hounds', isLegacy: false, script: undefined })
    const notSent = [{ type: 'remove', properties: { fromVendor: false, toVendor: true } }]
    expect(fields.map(({ level: _level, ...field }) => field)).toEqual([
      { path: 'id', type: 'string', vendorPath: 'uid', vendorType: 'number', configuration: notSent },
      { path: 'name', type: 'string', vendorPath: 'call_name', vendorType: 'string', configuration: [] },
      { path: 'weight', type: 'number', vendorPath: 'kilos', vendorType: 'number', configuration: [] },
      {
        path: 'born',
        type: 'date',
        vendorPath: 'birthday',
        vendorType: 'date',
        configuration: [
          { type: 'transformDate', properties: { pattern: 'yyyy-MM-dd', vendorPattern: 'milliseconds' } },
        ],
      },
      { path: 'home.city', type: 'string', vendorPath: 'where.town', vendorType: 'string', configuration: [] },
      { path: 'vet', type: 'string', vendorPath: 'chip', vendorType: 'string', configuration: notSent },
    ])
  })
})

test('coverage is read off the element', () => {
  const all = { read: true, create: true, update: true, filter: false }
  expect(showCoverage(catalog, 'pets')).toEqual({
    hub: 'pets',
    objects: { dogs: { fields: ['id', 'name', 'weight', 'born', 'home.city', 'vet'] }, cats: { fields: ['id'] } },
    elements: [
      {
        id: 9101,
        key: 'kennel',
        name: 'Kennel',
        objects: {
          dogs: {
            resource: '/hounds',
            operations: { list: true, read: true, create: true, update: true, replace: false, delete: false },
            createNeeds: [],
            fields: {
              id: { vendorPath: 'uid', read: true, create: false, update: false, filter: false },
              name: { vendorPath: 'call_name', ...all, filter: true },
              weight: { vendorPath: 'kilos', ...all },
              born: { vendorPath: 'birthday', ...all },
              'home.city': { vendorPath: 'where.town', ...all },
              vet: { vendorPath: 'chip', read: true, create: false, update: false, filter: false },
            },
          },
        },
      },
    ],
  })
})

describe('wrong files stop the start, all problems at once', () => {
  test('a model', async () => {
    const model = 'dogs:\n  description: D\n  fields:\n    a b: string\n    list: "[string]"\n    x: wrong type here\n'
    expect(await problemsOf({ 'pets.model.yaml': model })).toBe(
      [
        'pets.model.yaml: dogs.fields.a b: expected a dotted path of letters, digits and _, got "a b"',
        'pets.model.yaml: dogs.fields.list: expected one plain value, got "[string]"',
        'pets.model.yaml: dogs.fields.x: expected the flags key, readonly, required, create-only (not "type"), got "wrong type here"',
      ].join('\n'),
    )
  })

  test('sources', async () => {
    const sources = 'fish: { fields: {} }\ndogs:\n  resource: /none\n  fields: { nick: x }\n  filters: [name]\n'
    const files = { 'pets.model.yaml': MODEL, 'kennel/element.yaml': ELEMENT, 'kennel/canonical.yaml': sources }
    expect((await problemsOf(files)).split('\n')).toEqual([
      'kennel/canonical.yaml: fish: expected one of the objects dogs, cats, got "fish"',
      'kennel/canonical.yaml: dogs.resource: expected a resource of the element, got "/none"',
      'kennel/canonical.yaml: dogs.fields.nick: expected one of the fields id, name, weight, born, home.city, vet, got "nick"',
      'kennel/canonical.yaml: dogs.filters: expected names of fields that are mapped, got "name"',
    ])
  })

  test('sources without a model', async () => {
    expect(await problemsOf({ 'kennel/element.yaml': ELEMENT, 'kennel/canonical.yaml': SOURCES })).toBe(
      'kennel/canonical.yaml: expected a model of the hub "pets" in pets.model.yaml, got nothing',
    )
  })
})

describe('the schema at a path', () => {
  const definitions = {
    people: { type: 'array', items: { type: 'person' } },
    person: {
      properties: {
        name: { type: 'string' },
        mails: { type: 'array', items: { $ref: '#/definitions/mail' } },
        boss: { type: 'person', description: 'above' },
      },
    },
    mail: { type: 'object', properties: { address: { type: 'string', format: 'email' } } },
    loop: { type: 'loop' },
  }
  test.each([
    ['people', 'name', { type: 'string' }],
    ['person', 'boss.boss.name', { type: 'string' }],
    ['people', 'mails[0].address', { type: 'string', format: 'email' }],
    ['people', 'mails[kind=work].address', { type: 'string', format: 'email' }],
    ['people', 'name.first', undefined],
    ['people', 'constructor', undefined],
    ['nobody', 'name', undefined],
    ['loop', 'name', undefined],
  ])('%s: %s', (name, path, schema) => {
    expect(schemaAt(definitions, name, path)).toEqual(schema)
  })
})

test('every shipped element that has sources maps an id and a list', async () => {
  const shipped = await loadCatalog([CATALOG_FOLDER])
  const crm = showCoverage(shipped, 'crm')
  expect(crm.elements.length).toBeGreaterThan(0)
  for (const { key, objects } of crm.elements) {
    for (const [name, { operations, fields }] of Object.entries(objects)) {
      expect({ key, name, id: fields['id']?.read, list: operations.list }).toEqual({ key, name, id: true, list: true })
    }
  }
})
