import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { elementOf, resource } from '../../test/support/engine.ts'
import { CATALOG_FOLDER } from '../main.ts'
import type { Element } from '../model/element.ts'
import { loadCatalog } from './catalog.ts'
import { customFieldsResource } from './custom-fields.ts'
import { elementObjects, findObject, listedObjects } from './element-objects.ts'
import { normalType } from './field-metadata.ts'
import { leavesOf } from './model-leaves.ts'
import { objectFields } from './object-fields.ts'

const TYPES = ['string', 'number', 'boolean', 'date', 'array', 'object', 'unknown']

/** Every object can be found by its name and by the vendor's, every field has what clients rely on. */
function check(element: Element): { objects: number; fields: number } {
  let fields = 0
  const objects = elementObjects(element)
  expect(new Set(objects.map(({ name }) => name)).size).toBe(objects.length)
  for (const object of objects) {
    expect(findObject(element, object.name)).toBe(object)
    for (const field of objectFields(object)) {
      expect(field.vendorPath, object.name).toMatch(/./)
      expect(TYPES, `${object.name} ${field.vendorPath}`).toContain(field.type)
      fields++
    }
  }
  return { objects: objects.length, fields }
}

const folder = process.env['VALENCE_TEST_EXPORTS']
test.skipIf(!folder)('objects and fields of every given export', () => {
  const elements = join(folder ?? '', 'elements')
  const found = readdirSync(elements)
    .filter((name) => name.endsWith('.json'))
    .map((file) => check(JSON.parse(readFileSync(join(elements, file), 'utf8')) as Element))
  const sum = (member: 'objects' | 'fields') => found.reduce((total, one) => total + one[member], 0)
  console.log(`${found.length} exports: ${sum('objects')} objects, ${sum('fields')} fields`)
  expect(sum('fields')).toBeGreaterThan(1_000)
})

describe('what ships', async () => {
  const { elements } = await loadCatalog([CATALOG_FOLDER])
  test.each(elements.map((element) => [element.key, element] as const))('%s', (_key, element) => {
    expect(check(element).fields).toBeGreaterThan(0)
    for (const { customFields } of element.resources as { customFields?: { object: string } }[]) {
      const object = customFields && findObject(element, customFields.object)
      if (customFields) expect(object && customFieldsResource(element, object)).toBeDefined()
    }
  })
})

describe('objects of an element', () => {
  test('are not what a list is searched by, nor what stands beside the objects', () => {
    const element = elementOf({
      resources: [
        resource('GET', '/contacts', { searchResource: 'GET:/hubs/crm/contacts-search' }),
        resource('GET', '/contacts-search'),
        resource('GET', '/{objectName}'),
        resource('POST', '/bulk/query'),
        resource('GET', '/query'),
      ],
    })
    expect(elementObjects(element).map(({ name }) => name)).toEqual(['contacts'])
  })

  test('have the name that the vendor gives them, wherever it is said', () => {
    const element = elementOf({
      objects: [{ name: 'a', vendorName: 'A__c' }],
      resources: [
        resource('GET', '/a'),
        resource('GET', '/b', { vendorObjectName: 'B__c' }),
        resource('GET', '/c', { objectName: 'C__c' }),
        resource('GET', '/d', { model: { name: 'd', swagger: { d: { 'x-vendor-objectname': 'D__c' } } } }),
        resource('GET', '/e'),
      ],
    })
    expect(listedObjects(element).map(({ vendorName }) => vendorName)).toEqual(['A__c', 'B__c', 'C__c', 'D__c', 'e'])
  })
})

describe('leaves of a model', () => {
  test('end where definitions go round in a circle, and where they multiply', () => {
    const circle = {
      a: { properties: { b: { type: 'b' } } },
      b: { properties: { a: { type: 'a' }, x: { type: 'string' } } },
    }
    expect(leavesOf(circle, 'a').map(({ path, schema }) => `${path} ${schema.type}`)).toEqual([
      'b.a object',
      'b.x string',
    ])
    const doubling = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [
        `d${at}`,
        { properties: { a: { type: `d${at + 1}` }, b: { type: `d${at + 1}` } } },
      ]),
    )
    expect(leavesOf(doubling, 'd0').length).toBeLessThanOrEqual(5_000)
  })

  test('what one definition says at length is not shown thousands of times', () => {
    const size = { properties: { size: { type: 'string', format: 'f'.repeat(100_000), enum: ['e'.repeat(100_000)] } } }
    const members = Array.from({ length: 3_000 }, (_, at) => [`m${at}`, { type: 'size' }])
    const swagger = { x: { properties: Object.fromEntries(members) }, size }
    const element = elementOf({ resources: [resource('GET', '/x', { model: { name: 'x', swagger } })] })
    const object = findObject(element, 'x')
    const fields = object ? objectFields(object) : []
    expect(fields.length).toBeGreaterThan(50)
    expect(JSON.stringify(fields).length).toBeLessThan(17_000_000)
  })

  test('long names inside each other do not make many long paths', () => {
    const long = (at: number) => ({
      properties: { [`${'n'.repeat(100_000)}${at}`]: { type: `l${at + 1}` }, short: {} },
    })
    const definitions = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`l${at}`, long(at)]))
    const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`w${at}`, { type: 'string' }]))
    expect(leavesOf({ ...definitions, l9: { properties: wide } }, 'l0').map(({ path }) => path)).toEqual(['short'])
  })

  test('take definitions by reference, by type, and in place', () => {
    const definitions = {
      list: { type: 'array', items: { $ref: '#/definitions/row' } },
      row: {
        properties: {
          one: { $ref: '#/definitions/inner' },
          many: { type: 'array', items: { type: 'inner' } },
          here: { type: 'object', properties: { y: { type: 'integer' } } },
          alias: { type: 'inners' },
          open: { type: 'object' },
        },
      },
      inner: { properties: { x: { type: 'string' } } },
      inners: { type: 'array', items: { type: 'inner' } },
    }
    const paths = ['one.x', 'many[*].x', 'here.y', 'alias[*].x', 'open']
    expect(leavesOf(definitions, 'list').map(({ path }) => path)).toEqual(paths)
    expect(leavesOf(definitions, 'nothing')).toEqual([])
  })
})

test.each([
  ['Integer', 'number'],
  ['varchar', 'string'],
  ['datetime', 'date'],
  ['multiselect_list', 'unknown'],
  ['Checkbox', 'boolean'],
  [7, 'unknown'],
])('%s is a %s', (word, type) => expect(normalType(word)).toBe(type))
